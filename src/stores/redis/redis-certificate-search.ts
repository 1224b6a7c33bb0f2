// stores/redis: imports core, contracts and this folder only.

import type { CertificateFilter, CertificateSearch } from '../../contracts/certificate-search.js';
import type { CertificatePage, CertificateStore } from '../../contracts/certificate-store.js';
import { assertBetween, parseCursor } from './assert-request.js';
import { toRecord } from './certificate-fields.js';
import { searchScript } from './certificate-scripts.js';
import type { RedisConnection } from './redis-connection.js';
import { encodeDate, toInteger, toList } from './reply.js';
import { withFailures } from './store-failure.js';

/** Most records that one script looks at: about a millisecond in which the server does nothing else. */
const BUDGET = 1000;

/** What is looked for: certificates in all of these sets and within these bounds. */
interface Search extends Pick<
  CertificateFilter,
  'notAfterFrom' | 'notAfterBefore' | 'enrolledFrom' | 'enrolledBefore'
> {
  readonly sets: readonly string[];
}

/** One step of a search: what one script found. */
interface Step {
  readonly after: number;
  readonly ended: boolean;
  readonly found: number;
  readonly records: readonly ReturnType<typeof toRecord>[];
}

export function createRedisCertificateSearch(
  connection: RedisConnection,
): CertificateSearch & Pick<CertificateStore, 'list'> {
  async function step(search: Search, after: number, most: number): Promise<Step> {
    const reply = await connection.run(
      searchScript,
      after,
      most,
      BUDGET,
      encodeBound(search.notAfterFrom),
      encodeBound(search.notAfterBefore),
      encodeBound(search.enrolledFrom),
      encodeBound(search.enrolledBefore),
      ...(search.sets.length === 0 ? ['all'] : search.sets),
    );
    const [reached, ended, found, records] = toList(reply);
    return {
      after: toInteger(reached),
      ended: toInteger(ended) === 1,
      found: toInteger(found),
      records: toList(records).map(toRecord),
    };
  }

  async function findPage(
    search: Search,
    cursor: string | undefined,
    limit: number,
  ): Promise<CertificatePage> {
    const found: Step['records'][number][] = [];
    let after = parseCursor(cursor);
    for (let ended = false; !ended && found.length <= limit;) {
      // One more than asked for tells whether there is a next page.
      const next = await step(search, after, limit + 1 - found.length);
      found.push(...next.records);
      ({ after, ended } = next);
    }
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return {
      records: page.map(({ record }) => record),
      cursor: last === undefined ? null : String(last.sequence),
    };
  }

  return {
    async list({ deviceId, publicKeySha256, notAfterFrom, cursor, limit }) {
      assertBetween('limit', limit, 1, 1000);
      const sets = [
        ...(deviceId === undefined ? [] : [`device:${deviceId}`]),
        ...(publicKeySha256 === undefined ? [] : [`key:${publicKeySha256}`]),
      ];
      const bounds = notAfterFrom === undefined ? {} : { notAfterFrom };
      return withFailures(() => findPage({ sets, ...bounds }, cursor, limit));
    },

    async search({ cursor, limit, ...filter }) {
      assertBetween('limit', limit, 1, 1000);
      return withFailures(() => findPage({ ...filter, sets: toSets(filter) }, cursor, limit));
    },

    count: (filter) =>
      withFailures(async () => {
        const search = { ...filter, sets: toSets(filter) };
        let count = 0;
        let after = 0;
        for (let ended = false; !ended;) {
          const next = await step(search, after, 0);
          count += next.found;
          ({ after, ended } = next);
        }
        return count;
      }),
  };
}

function toSets(filter: CertificateFilter): readonly string[] {
  const { tier, provider, appVersion, bootstrapCertificateSha256, latestOnly = false } = filter;
  return [
    ...(tier === undefined ? [] : [`tier:${tier}`]),
    ...(provider === undefined ? [] : [`provider:${provider}`]),
    ...(appVersion === undefined ? [] : [`appVersion:${appVersion}`]),
    ...(bootstrapCertificateSha256 === undefined ? [] : [`release:${bootstrapCertificateSha256}`]),
    ...(latestOnly ? ['latest'] : []),
  ];
}

function encodeBound(bound: Date | undefined): string {
  return bound === undefined ? '' : encodeDate(bound);
}
