// revocation: imports core, contracts, x509.

import type { Clock } from '../core/clock.js';
import { UnavailableError } from '../core/errors.js';
import type { HighWaterMark } from '../contracts/high-water-mark.js';
import type { Revocation, RevocationStore } from '../contracts/revocation-store.js';

/** Reads the revocation log as it grows. */
export interface LogFollower {
  /** Position of the last entry that was read; 0 before the first. */
  readonly sequence: number;
  /**
   * Reads on to the end of the log.
   *
   * @param onAsked called each time before the store is asked
   * @throws UnavailableError `store_unavailable`; `store_rolled_back` if the log lacks or has changed what it held before
   */
  readOn(onAsked: () => void): Promise<void>;
}

const PAGE = 10_000;
const MARK = 'revocation-log';

export function createLogFollower(options: {
  readonly revocations: Pick<RevocationStore, 'list'>;
  readonly highWaterMark: HighWaterMark | undefined;
  readonly clock: Clock;
  readonly onEntry: (revocation: Revocation) => void;
}): LogFollower {
  const { revocations, highWaterMark, clock, onEntry } = options;
  let last: Revocation | null = null;
  let marked = 0n;

  /** The last entry that was read comes again at the head of each page: if it is another one now, so is the log. */
  function skipKnown(page: readonly Revocation[]): readonly Revocation[] {
    if (last === null) return page;
    const [first] = page;
    // The newest entry is never pruned, so a log that ends before our place has lost something.
    if (first === undefined) throw rolledBack('the revocation log ends before what was read of it');
    if (first.sequence === last.sequence) {
      if (!isSameEntry(first, last)) throw rolledBack('an entry of the revocation log is not what it was');
      return page.slice(1);
    }
    if (!mayBePruned(last, clock.now())) throw rolledBack('the revocation log lacks an entry that it had');
    return page;
  }

  async function raiseMark(): Promise<void> {
    if (highWaterMark === undefined) return;
    const sequence = BigInt(last?.sequence ?? 0);
    if (marked === 0n) {
      const mark = await highWaterMark.read(MARK);
      if (mark !== null && sequence < mark) {
        throw rolledBack('the revocation log ends before its high-water mark');
      }
    }
    if (sequence > marked) await highWaterMark.raise(MARK, sequence);
    marked = sequence;
  }

  return {
    get sequence() {
      return last?.sequence ?? 0;
    },
    async readOn(onAsked) {
      for (;;) {
        onAsked();
        const page = await revocations.list({
          afterSequence: last === null ? 0 : last.sequence - 1,
          limit: PAGE,
        });
        for (const revocation of skipKnown(page)) {
          onEntry(revocation);
          last = revocation;
        }
        if (page.length < PAGE) break;
      }
      await raiseMark();
    },
  };
}

function isSameEntry(a: Revocation, b: Revocation): boolean {
  return a.at.getTime() === b.at.getTime() && nameOf(a) === nameOf(b);
}

function nameOf({ subject }: Revocation): string {
  switch (subject.kind) {
    case 'certificate':
      return `${subject.issuerId}/${subject.serialNumber}`;
    case 'device':
      return `${subject.deviceId}/${subject.state}`;
    case 'key':
      return subject.publicKeySha256;
  }
}

/** Only entries about certificates that have ended are ever dropped. */
function mayBePruned({ subject }: Revocation, now: Date): boolean {
  return subject.kind === 'certificate' && subject.notAfter.getTime() < now.getTime();
}

function rolledBack(message: string): UnavailableError {
  return new UnavailableError('store_rolled_back', { message, retryAfterSeconds: 60 });
}
