// x509: imports core and x509 only. The only file that loads pkijs.

import { webcrypto } from 'node:crypto';
import {
  AuthenticatedSafe,
  CertBag,
  Certificate,
  CryptoEngine,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  SafeBag,
  SafeContents,
} from 'pkijs';

/** Bag types (RFC 7292 section 4.2). */
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';

/** Kinds of privacy of safe contents (RFC 7292 section 5.1): the key is encrypted in its bag already. */
const NO_PRIVACY = 0;
const PASSWORD_PRIVACY = 1;
const PASSWORD_INTEGRITY = 0;

/** What goes into a PKCS#12 file. */
export interface Pkcs12Content {
  /** DER PKCS#8. */
  readonly privateKey: Uint8Array;
  /** DER; the certificate of the key first. */
  readonly certificates: readonly Uint8Array[];
  readonly password: string;
}

/**
 * Writes a PKCS#12 file (RFC 7292) for mobile apps: AES-256-CBC under PBKDF2 with HMAC-SHA-256, and a SHA-256 MAC, which
 * OpenSSL, Java and Android read.
 *
 * @returns DER
 */
export async function encodePkcs12({
  privateKey,
  certificates,
  password,
}: Pkcs12Content): Promise<Uint8Array> {
  const engine = new CryptoEngine({ name: 'node', crypto: webcrypto });
  const secret = Uint8Array.from(Buffer.from(password, 'utf8')).buffer;
  const encryption = {
    password: secret,
    contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 },
    hmacHashAlgorithm: 'SHA-256',
    iterationCount: 100_000,
  };
  const key = new PKCS8ShroudedKeyBag({ parsedValue: PrivateKeyInfo.fromBER(Uint8Array.from(privateKey)) });
  await key.makeInternalValues(encryption, engine);
  const bags = certificates.map(
    (der) =>
      new SafeBag({
        bagId: CERTIFICATE_BAG,
        bagValue: new CertBag({ parsedValue: Certificate.fromBER(Uint8Array.from(der)) }),
      }),
  );
  const keyBag = new SafeBag({ bagId: SHROUDED_KEY_BAG, bagValue: key });
  const safes = new AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        { privacyMode: NO_PRIVACY, value: new SafeContents({ safeBags: [keyBag] }) },
        { privacyMode: PASSWORD_PRIVACY, value: new SafeContents({ safeBags: bags }) },
      ],
    },
  });
  await safes.makeInternalValues({ safeContents: [{}, encryption] }, engine);
  const file = new PFX({ parsedValue: { integrityMode: PASSWORD_INTEGRITY, authenticatedSafe: safes } });
  await file.makeInternalValues(
    { password: secret, iterations: 10_000, pbkdf2HashAlgorithm: 'SHA-256', hmacHashAlgorithm: 'SHA-256' },
    engine,
  );
  return new Uint8Array(file.toSchema().toBER());
}
