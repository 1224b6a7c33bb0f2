// The process of the CRL benchmark: makes one list, page by page as from a store, and tells its time and its memory.

import { memoryUsage } from 'node:process';
import type { CrlEntry } from 'device-trust';
import { createTestAuthority } from 'device-trust/testing';

const ENTRIES = 1_000_000;
const PAGE = 10_000;
const { authority } = await createTestAuthority();
const now = new Date(Math.floor(new Date().getTime() / 1000) * 1000);
const issuerId = authority.issuers[0].issuerId;

async function* pages(count: number): AsyncGenerator<Iterable<CrlEntry>> {
  for (let at = 0; at < count; at += PAGE) {
    await Promise.resolve();
    yield Array.from({ length: Math.min(PAGE, count - at) }, (_, index) => ({
      serialNumber: (0x40000000 + at + index).toString(16).repeat(4),
      revokedAt: now,
      reason: 'unspecified',
    }));
  }
}

const sign = (count: number) =>
  authority.signCrl({
    issuerId,
    shard: 0,
    number: 1n,
    thisUpdate: now,
    nextUpdate: new Date(now.getTime() + 3_600_000),
    deltaBase: null,
    namesDelta: false,
    entries: pages(count),
  });

await sign(PAGE);
const base = memoryUsage.rss();
const start = process.hrtime.bigint();
const crl = await sign(ENTRIES);
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
process.send?.({ seconds, megabytes: (memoryUsage.rss() - base) / 1e6, bytes: crl.length });
