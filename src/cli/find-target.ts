// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { RejectedError } from '../core/errors.js';
import type { CertificateStore } from '../contracts/certificate-store.js';
import type { RevocationTarget } from '../revocation/revocation-desk.js';

/**
 * Makes sure that there is what is to be revoked, as the revocation desk does. A key need not be known yet.
 *
 * @throws RejectedError `subject_unknown`
 */
export async function findTarget(
  target: RevocationTarget,
  certificates: Pick<CertificateStore, 'find'>,
  issuerIds: readonly string[],
): Promise<void> {
  if ('publicKeySha256' in target) return;
  const found =
    'deviceId' in target
      ? [await certificates.find({ by: 'device', deviceId: target.deviceId })]
      : await Promise.all(
          issuerIds.map((issuerId) =>
            certificates.find({ by: 'name', issuerId, serialNumber: target.serialNumber }),
          ),
        );
  if (found.some((record) => record !== null)) return;
  throw new RejectedError('subject_unknown', { message: 'nothing of that name was issued' });
}
