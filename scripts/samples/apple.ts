// App Attest attestations, assertions and receipts, as published by Apple and others.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceTrustError } from 'device-trust';
import {
  type AppAttestEnvironment,
  type VerifiedAppAttestation,
  verifyAppAssertion,
  verifyAppAttestation,
  verifyAppAttestReceipt,
} from 'device-trust/app-attest';
import type { SampleOutcome } from './sample-outcome.js';

interface ClientData {
  readonly clientDataBase64?: string;
  readonly clientDataHashBase64?: string;
  readonly clientDataHashRule?: string;
}

interface AssertionSample extends ClientData {
  readonly assertionBase64: string;
  readonly spkiDerBase64?: string;
  readonly lastCounter?: number;
}

/** What is known of a receipt: whether OpenSSL verifies it, and its fields by number. */
interface ReceiptNote {
  readonly cmsVerifies?: boolean;
  readonly fields?: Readonly<Record<string, string>>;
}

/** What a sample says about itself. Nearly any part may be missing. */
interface Sample extends ClientData {
  readonly appId: string;
  readonly environment?: string;
  readonly keyIdBase64?: string;
  readonly attestationBase64?: string;
  readonly verifyAt?: string;
  readonly expected?: {
    readonly spkiDerBase64?: string;
    readonly credCertNotBefore?: string;
    readonly receipt?: ReceiptNote;
  };
  readonly assertions?: readonly AssertionSample[];
  readonly receipts?: readonly { readonly receiptBase64: string; readonly decoded?: ReceiptNote }[];
}

const DAY_MILLIS = 24 * 60 * 60 * 1000;
const decode = (text: string): Buffer => Buffer.from(text, 'base64');

/** Reads `apple/*.json`: what each holds of attestation, assertions and receipts. */
export async function verifyAppleSamples(folder: string): Promise<readonly SampleOutcome[]> {
  const directory = join(folder, 'apple');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .flatMap((file) => {
      const sample = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Sample;
      return verifySample(`apple/${file}`, sample);
    });
}

function verifySample(name: string, sample: Sample): readonly SampleOutcome[] {
  const outcomes: SampleOutcome[] = [];
  const add = (rule: string, accepted: boolean, work: () => string): void => {
    const expected = accepted ? 'ACCEPT' : 'REJECT';
    const got = outcomeOf(work);
    outcomes.push({ sample: name, rule, expected, got, asExpected: got.split(' ')[0] === expected });
  };

  let attested: VerifiedAppAttestation | null = null;
  const { attestationBase64 } = sample;
  if (attestationBase64 !== undefined) {
    add('attestation', isAccepted(sample), () => {
      attested = verifyAttestation(attestationBase64, sample);
      const wanted = sample.expected?.spkiDerBase64;
      const isSameKey = wanted === undefined || decode(wanted).equals(attested.publicKey);
      return isSameKey ? 'ACCEPT' : 'MISREAD the key is another one';
    });
  }
  // Assigned in a closure, which the compiler does not see.
  const verified = attested as VerifiedAppAttestation | null;
  const note = sample.expected?.receipt;
  if (verified !== null && note?.cmsVerifies !== undefined) {
    add('receipt of the attestation', note.cmsVerifies, () => verifyReceipt(verified.receipt, note, sample));
  }
  for (const [index, assertion] of (sample.assertions ?? []).entries()) {
    const spki = assertion.spkiDerBase64 ?? sample.expected?.spkiDerBase64;
    const publicKey = spki === undefined ? verified?.publicKey : decode(spki);
    if (publicKey === undefined) continue;
    add(`assertion ${index + 1}`, isAccepted(assertion), () => {
      verifyAppAssertion({
        assertion: decode(assertion.assertionBase64),
        publicKey,
        clientDataHash: hashOf(assertion),
        appIds: [sample.appId],
        lastCounter: assertion.lastCounter ?? 0,
      });
      return 'ACCEPT';
    });
  }
  for (const [index, { receiptBase64, decoded }] of (sample.receipts ?? []).entries()) {
    if (decoded?.cmsVerifies === undefined) continue;
    add(`receipt ${index + 1}`, decoded.cmsVerifies, () =>
      verifyReceipt(decode(receiptBase64), decoded, sample),
    );
  }
  return outcomes;
}

function verifyAttestation(attestationBase64: string, sample: Sample): VerifiedAppAttestation {
  const environments: readonly AppAttestEnvironment[] = ['production', 'development'];
  const named = environments.filter((environment) => environment === sample.environment);
  return verifyAppAttestation({
    attestation: decode(attestationBase64),
    keyId: decode(sample.keyIdBase64 ?? ''),
    clientDataHash: hashOf(sample),
    appIds: [sample.appId],
    environments: named.length > 0 ? named : environments,
    now: timeOf(sample),
  });
}

function verifyReceipt(receipt: Uint8Array, { fields = {} }: ReceiptNote, sample: Sample): string {
  const created = fields['12'];
  const now = created === undefined ? timeOf(sample) : new Date(created);
  const { appId, riskMetric } = verifyAppAttestReceipt({ receipt, now });
  const isSame =
    (fields['2'] ?? appId) === appId &&
    (fields['17'] ?? null) === (riskMetric === null ? null : `${riskMetric}`);
  return isSame ? 'ACCEPT' : 'MISREAD the receipt says something else';
}

/** The clock of the sample; without one, that of its receipt or certificate. */
function timeOf({ verifyAt, expected }: Sample): Date {
  const told = verifyAt ?? expected?.receipt?.fields?.['12'];
  if (told !== undefined) return new Date(told);
  return new Date(new Date(expected?.credCertNotBefore ?? Number.NaN).getTime() + DAY_MILLIS);
}

/** What the app passed to Apple: as the sample gives it, or SHA-256 of the client data unless it says that it is raw. */
function hashOf(data: ClientData): Uint8Array {
  if (data.clientDataHashBase64 !== undefined) return decode(data.clientDataHashBase64);
  const clientData = decode(data.clientDataBase64 ?? '');
  return data.clientDataHashRule?.startsWith('raw') === true
    ? clientData
    : createHash('sha256').update(clientData).digest();
}

/** A sample is good, unless a member of it says REJECT, or that a check of somebody else (`...Ok`, `checked`) failed. */
function isAccepted(sample: object): boolean {
  const checked = membersOf(memberOf(sample, 'checked'));
  if (checked.some(([, value]) => value === false)) return false;
  return [sample, memberOf(sample, 'expected')]
    .flatMap(membersOf)
    .every(
      ([name, value]) =>
        !(typeof value === 'string' && value.startsWith('REJECT')) &&
        !(name.endsWith('Ok') && value === false),
    );
}

function memberOf(value: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function membersOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function outcomeOf(work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DeviceTrustError)) throw error;
    return `REJECT ${'reasons' in error ? String(error.reasons) : error.code}`;
  }
}
