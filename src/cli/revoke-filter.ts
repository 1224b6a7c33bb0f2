// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import type { CertificateFilter } from '../contracts/certificate-search.js';
import type { RevocationReason } from '../contracts/revocation-store.js';
import type { AdministrativeAct, RevocationDesk } from '../revocation/revocation-desk.js';
import type { CommandContext } from './command-context.js';

/** A batch to revoke. */
export interface FilterRevocation {
  readonly desk: Pick<RevocationDesk, 'revokeBatch'>;
  readonly filter: CertificateFilter;
  readonly reason: RevocationReason;
  readonly dryRun: boolean;
  /** Where a run that broke off got to. */
  readonly after: string | undefined;
  readonly act: AdministrativeAct;
}

/**
 * Revokes what a filter finds, and says after each page from where to go on, so that it can be gone on with whatever ends it.
 * An interrupt ends it after the page at hand.
 */
export async function revokeFilter(
  { desk, filter, reason, dryRun, after, act }: FilterRevocation,
  { print, report, listenForInterrupt }: CommandContext,
): Promise<number> {
  const signal = listenForInterrupt();
  let goOn = after;
  try {
    const { matched, revoked } = await desk.revokeBatch({
      filter,
      reason,
      dryRun,
      ...act,
      ...(after === undefined ? {} : { cursor: after }),
      signal,
      onProgress: (progress) => {
        if (progress.cursor === null) return;
        goOn = progress.cursor;
        report(`${progress.matched} matched, ${progress.revoked} revoked; go on with --after ${goOn}\n`);
      },
    });
    print(
      dryRun
        ? `would revoke ${matched} of the certificates that have not ended; nothing was changed\n`
        : `${matched} matched, ${revoked} revoked, ${matched - revoked} were revoked already\n`,
    );
    return 0;
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    report(`interrupted; ${goOn === undefined ? 'nothing was revoked' : `go on with --after ${goOn}`}\n`);
    return 1;
  }
}
