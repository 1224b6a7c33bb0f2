// integrity/play: imports core and this folder only.

import { isUtf8 } from 'node:buffer';
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { compactDecrypt, compactVerify, errors } from 'jose';
import { decodeBase64 } from '../../core/bytes.js';
import { ConfigurationError, MalformedError, RejectedError } from '../../core/errors.js';
import type { KnownReasonCode } from '../../core/reason-code.js';
import type { PlayIntegrityDecoder } from './play-integrity-decoder.js';

/** Options of {@link localDecryption}. */
export interface LocalDecryptionOptions {
  /** `DECRYPTION_KEY` as Play Console gives it: base64 of a raw AES key of 32 bytes. */
  readonly decryptionKey: string;
  /** `VERIFICATION_KEY` as Play Console gives it: base64 of a DER SubjectPublicKeyInfo, EC P-256. */
  readonly verificationKey: string;
  /**
   * Who decodes the tokens that are not encrypted to `decryptionKey`. Google does not support local decryption of the
   * tokens of standard requests, so an app that sends both kinds needs `otherwise: googleDecode(...)`. A token that does
   * decrypt here but bears a wrong signature is refused here. Default: nobody; such a token is refused.
   */
  readonly otherwise?: PlayIntegrityDecoder;
}

/**
 * Header members with which a token would choose keys, compression or rules of its own. Others, such as `kid` and `typ`,
 * are ignored. (RFC 7515 section 4.1, RFC 7516 section 4.1)
 */
const REFUSED_HEADER_MEMBERS = ['crit', 'zip', 'jku', 'jwk', 'x5u', 'x5c'] as const;

/**
 * Decodes tokens of classic requests with the response encryption keys of your app, without asking Google and without
 * using its quota (developer.android.com/google/play/integrity/classic, "Decrypt and verify locally").
 *
 * A token is a JWE (RFC 7516) with `alg` A256KW and `enc` A256GCM around a JWS (RFC 7515) with `alg` ES256; nothing else
 * is read. Its refusals: `evidence_malformed` if it is not such a nesting; `evidence_rejected` with `algorithm_refused`,
 * `decryption_failed` (another app's token, or keys that Play Console has replaced) or `signature_invalid`.
 *
 * @throws ConfigurationError if a key is not what Play Console gives
 */
export function localDecryption(options: LocalDecryptionOptions): PlayIntegrityDecoder {
  const decryptionKey = importDecryptionKey(options.decryptionKey);
  const verificationKey = importVerificationKey(options.verificationKey);
  const { otherwise } = options;
  return {
    async decode(request) {
      let signed: Uint8Array;
      try {
        signed = await decrypt(request.token, decryptionKey);
      } catch (error) {
        if (otherwise) return otherwise.decode(request);
        throw error;
      }
      return parseJson(await verify(signed, verificationKey));
    },
  };
}

async function decrypt(token: string, key: KeyObject): Promise<Uint8Array> {
  checkSpelling(token);
  const { plaintext, protectedHeader } = await compactDecrypt(token, key, {
    keyManagementAlgorithms: ['A256KW'],
    contentEncryptionAlgorithms: ['A256GCM'],
    maxDecompressedLength: 0, // no compression
  }).catch(refuse);
  checkHeader(protectedHeader);
  return plaintext;
}

/** One token, one text: a base64url decoder that passes over stray bits would let anyone spell a token anew. */
function checkSpelling(token: string): void {
  const strict = token
    .split('.')
    .every((part) => /^[A-Za-z0-9_-]+$/.test(part) && decodeBase64(part) !== null);
  if (!strict) {
    throw new MalformedError('evidence_malformed', {
      message: 'a part of the token is not strict base64url',
    });
  }
}

async function verify(signed: Uint8Array, key: KeyObject): Promise<Uint8Array> {
  const { payload, protectedHeader } = await compactVerify(signed, key, { algorithms: ['ES256'] }).catch(
    refuse,
  );
  checkHeader(protectedHeader);
  return payload;
}

function checkHeader(header: object): void {
  const refused = REFUSED_HEADER_MEMBERS.find((member) => Object.hasOwn(header, member));
  if (refused !== undefined) {
    throw new MalformedError('evidence_malformed', { message: `the token has the header member ${refused}` });
  }
}

function parseJson(payload: Uint8Array): unknown {
  if (!isUtf8(payload)) {
    throw new MalformedError('evidence_malformed', { message: 'the payload of the token is not UTF-8' });
  }
  try {
    return JSON.parse(Buffer.from(payload).toString());
  } catch (cause) {
    throw new MalformedError('evidence_malformed', {
      message: 'the payload of the token is not JSON',
      cause,
    });
  }
}

/** Says what an error of `jose` means to us. */
function refuse(cause: unknown): never {
  if (cause instanceof errors.JOSEAlgNotAllowed) throw rejected('algorithm_refused', cause);
  if (cause instanceof errors.JWEDecryptionFailed) throw rejected('decryption_failed', cause);
  if (cause instanceof errors.JWSSignatureVerificationFailed) throw rejected('signature_invalid', cause);
  throw new MalformedError('evidence_malformed', {
    message: 'the token is not a JWE around a JWS as Play Integrity makes them',
    cause,
  });
}

function rejected(reason: KnownReasonCode, cause: unknown): RejectedError {
  return new RejectedError('evidence_rejected', {
    message: `the Play Integrity token is not authentic: ${reason}`,
    reasons: [reason],
    cause,
  });
}

function importDecryptionKey(text: string): KeyObject {
  const bytes = decodeBase64(text.trim());
  if (bytes?.length !== 32) {
    throw new ConfigurationError('decryptionKey', { message: 'must be base64 of an AES key of 32 bytes' });
  }
  return createSecretKey(bytes);
}

function importVerificationKey(text: string): KeyObject {
  const message = 'must be base64 of a DER SubjectPublicKeyInfo with an EC P-256 key';
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(decodeBase64(text.trim()) ?? []), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new ConfigurationError('verificationKey', { message, cause });
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new ConfigurationError('verificationKey', { message });
  }
  return key;
}
