// ca: imports core, contracts, x509.

import type { IssuedCertificate, PreparedCertificate } from '../contracts/certificate-authority.js';
import { encodeSigned } from '../x509/encode-signed.js';
import { authorityUnavailable } from './authority-unavailable.js';
import type { DeviceProfileRules } from './device-profile-rules.js';
import { findIssuer } from './find-issuer.js';
import { broken, verifyDeviceProfile } from './verify-device-profile.js';

/**
 * Signs what was prepared. It may have lain in a store since, so nothing is taken for granted: the bytes are linted again, and
 * everything that the record says of them must be what they say.
 *
 * @param rules by issuer id
 * @throws UnavailableError `authority_unavailable`
 */
export async function issueCertificate(
  prepared: PreparedCertificate,
  rules: ReadonlyMap<string, DeviceProfileRules>,
): Promise<IssuedCertificate> {
  const { toBeSigned } = prepared;
  const rulesOfIssuer = findIssuer(rules, prepared.issuerId);
  const content = verifyDeviceProfile(toBeSigned, rulesOfIssuer);
  const agrees =
    content.serialNumber === prepared.serialNumber &&
    content.deviceId === prepared.deviceId &&
    content.publicKey.sha256 === prepared.publicKeySha256 &&
    content.notBefore.getTime() === prepared.notBefore.getTime() &&
    content.notAfter.getTime() === prepared.notAfter.getTime() &&
    content.crlShard === prepared.crlShard;
  if (!agrees) throw broken('it is not what was prepared');
  const { key } = rulesOfIssuer.issuer;
  try {
    const answer = key.sign(toBeSigned);
    const signature = answer instanceof Uint8Array ? answer : await answer;
    return { certificate: encodeSigned(toBeSigned, key.signatureAlgorithm, signature) };
  } catch (cause) {
    throw authorityUnavailable('the certificate could not be signed', cause);
  }
}
