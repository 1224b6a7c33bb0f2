// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { decodeBase64 } from '../core/bytes.js';
import { MalformedError } from '../core/errors.js';
import { parseCertificate } from '../x509/certificate.js';
import { describeName } from '../x509/distinguished-name.js';
import { explain, type Finding } from './report.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** Signature algorithms of evidence tokens, by what they are used for. */
const signatures: Readonly<Record<string, string>> = {
  RS256: 'HMS SysIntegrity',
  PS256: 'HMS SysIntegrity',
  ES256: 'HarmonyOS SysIntegrity, or the inside of a Play token',
};

/**
 * Describes an evidence token without verifying it: what it says of itself, and what of its form would be refused. Five
 * parts are encrypted (Play Integrity), three are signed (Huawei).
 */
export function inspectToken(token: string): Finding {
  const parts = token.split('.');
  try {
    if (parts.length === 5) return inspectEncrypted(decodeJson(parts[0], 'header'));
    if (parts.length === 3)
      return inspectSigned(decodeJson(parts[0], 'header'), decodeJson(parts[1], 'payload'));
    throw new MalformedError('evidence_malformed', {
      message: `a token has three or five parts, not ${parts.length}`,
    });
  } catch (error) {
    return { what: 'a token', facts: [], refusals: explain(error) };
  }
}

function inspectEncrypted(header: JsonObject): Finding {
  const refusals: string[] = [];
  if (header['alg'] !== 'A256KW') refusals.push('alg must be A256KW');
  if (header['enc'] !== 'A256GCM') refusals.push('enc must be A256GCM');
  refusals.push(...findForeignMembers(header, ['alg', 'enc', 'kid', 'typ', 'cty']));
  return {
    what: 'an encrypted token, as Play Integrity makes them for classic requests',
    facts: [
      ['header', printJson(header)],
      ['payload', 'encrypted: only your decryption key, or Google, can read it'],
    ],
    refusals,
  };
}

function inspectSigned(header: JsonObject, payload: JsonObject): Finding {
  const { alg, x5c, ...rest } = header;
  const use = typeof alg === 'string' ? signatures[alg] : undefined;
  const refusals = use === undefined ? ['alg must be RS256, PS256 or ES256'] : [];
  const chain: readonly unknown[] = Array.isArray(x5c) ? x5c : [];
  if (chain.length === 0) refusals.push('x5c is missing: there is no certificate to verify it with');
  if (chain.length > 4) refusals.push('x5c holds more than four certificates');
  if (payload['basicIntegrity'] !== true)
    refusals.push('basicIntegrity is not true: the policy will hear "failed"');
  if (typeof payload['nonce'] !== 'string') refusals.push('it carries no nonce: it is bound to nothing');
  const facts: (readonly [string, string])[] = [
    ['used by', use ?? '(nobody we know)'],
    ['header', printJson({ alg, ...rest })],
    ...chain.map((entry, index) => [`x5c[${index}]`, describeEntry(entry)] as const),
    ...Object.entries(payload).map(([name, value]) => [name, printJson(value)] as const),
    ['verified', 'nothing of it: only a provider, with the expected challenge and key, can'],
  ];
  return { what: 'a signed token, as Huawei SysIntegrity makes them', facts, refusals };
}

/** Header members that change what a signature means are refused, whatever they hold. */
function findForeignMembers(header: JsonObject, known: readonly string[]): readonly string[] {
  const refused = ['crit', 'zip', 'jku', 'jwk', 'x5u'];
  return Object.keys(header)
    .filter((name) => refused.includes(name) && !known.includes(name))
    .map((name) => `the header member ${name} is refused`);
}

function describeEntry(entry: unknown): string {
  const der = typeof entry === 'string' ? decodeBase64(entry) : null;
  if (der === null) return '(not base64)';
  try {
    const { subject, notAfter } = parseCertificate(der);
    return `${describeName(subject)}, until ${notAfter.toISOString()}`;
  } catch (error) {
    return explain(error).join('; ');
  }
}

function decodeJson(part: string | undefined, what: string): JsonObject {
  const bytes = decodeBase64(part ?? '');
  try {
    const document: unknown = bytes === null ? null : JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (isJsonObject(document)) return document;
  } catch {
    // Not JSON: said below, without quoting it.
  }
  throw new MalformedError('evidence_malformed', {
    message: `the ${what} of the token is no JSON object in base64url`,
  });
}

/** JSON may be nested deeper than it can be written again. */
function printJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '(nested too deeply to print)';
  }
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
