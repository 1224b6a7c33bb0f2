// http: imports core, contracts and the use cases.

import { MalformedError } from '../core/errors.js';
import type { UnverifiedEvidence } from '../contracts/evidence.js';
import type { ClaimedDevice, IssuanceAction } from '../contracts/policy.js';
import type { EnrolledCertificate, IssuanceRequest } from '../enrolment/enrolment-options.js';
import type { RenewalWindow } from '../enrolment/renewal-window.js';
import { encodePem } from '../x509/pem.js';
import { isJsonObject, type JsonObject } from './read-json.js';

const CLAIMS = ['platform', 'manufacturer', 'model', 'osVersion', 'appVersion'] as const;
const MAX_CLAIM_LENGTH = 200;

/**
 * Reads the body of `POST /certificates` and `POST /certificates/renew`. Unknown members are passed over.
 *
 * @throws MalformedError `request_malformed`
 */
export function parseIssuanceRequest(body: JsonObject): IssuanceRequest {
  return {
    csr: parseString(body, 'csr'),
    challenge: parseString(body, 'challenge'),
    evidence: parseEvidence(body['evidence']),
    claimed: parseClaims(body['device']),
  };
}

/** Reads the body of `POST /challenges`. @throws MalformedError `request_malformed` */
export function parsePurpose(body: JsonObject): IssuanceAction {
  const purpose = body['purpose'];
  if (purpose === 'enroll' || purpose === 'renew') return purpose;
  throw new MalformedError('request_malformed', { message: 'purpose must be "enroll" or "renew"' });
}

/** The certificate as the client gets it. */
export function describeCertificate(issued: EnrolledCertificate): JsonObject {
  return {
    deviceId: issued.deviceId,
    tier: issued.tier,
    serialNumber: issued.serialNumber,
    certificate: encodePem('CERTIFICATE', issued.certificate),
    chain: issued.chain.map((der) => encodePem('CERTIFICATE', der)),
    notBefore: issued.notBefore.toISOString(),
    notAfter: issued.notAfter.toISOString(),
    renewal: {
      ...describeRenewal(issued.renewal),
      ...(issued.evidenceDueAt === null ? {} : { evidenceDueAt: issued.evidenceDueAt.toISOString() }),
    },
  };
}

/** When to renew, as clients see it. */
export function describeRenewal({ renewAfter, renewBefore, reason }: RenewalWindow): JsonObject {
  return {
    renewAfter: renewAfter.toISOString(),
    renewBefore: renewBefore.toISOString(),
    ...(reason === null ? {} : { reason }),
  };
}

/** A member that must be a string. @throws MalformedError `request_malformed` */
export function parseString(body: JsonObject, member: string): string {
  const value = body[member];
  if (typeof value === 'string' && value !== '') return value;
  throw new MalformedError('request_malformed', { message: `${member} must be a string` });
}

function parseEvidence(value: unknown): readonly UnverifiedEvidence[] {
  if (value === null || value === undefined) return [];
  const pieces: readonly unknown[] = Array.isArray(value) ? value : [value];
  return pieces.map((piece) => {
    if (!isJsonObject(piece)) {
      throw new MalformedError('request_malformed', {
        message: 'evidence must be an object, a list of them, or null',
      });
    }
    return { ...piece, provider: parseString(piece, 'provider') };
  });
}

function parseClaims(value: unknown): ClaimedDevice {
  if (value === null || value === undefined) return {};
  if (!isJsonObject(value))
    throw new MalformedError('request_malformed', { message: 'device must be an object' });
  const claims: Record<string, string> = {};
  for (const name of CLAIMS) {
    const claim = value[name];
    if (claim === undefined || claim === null) continue;
    if (typeof claim !== 'string' || claim.length > MAX_CLAIM_LENGTH) {
      throw new MalformedError('request_malformed', { message: `device.${name} must be a short string` });
    }
    claims[name] = claim;
  }
  return claims;
}
