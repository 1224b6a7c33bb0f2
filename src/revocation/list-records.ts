// revocation: imports core, contracts, x509.

import type {
  CertificateListQuery,
  CertificateRecord,
  CertificateStore,
} from '../contracts/certificate-store.js';

const PAGE = 1000;

/** Walks all pages of a certificate list. */
export async function* listRecords(
  store: CertificateStore,
  query: Omit<CertificateListQuery, 'cursor' | 'limit'>,
): AsyncGenerator<CertificateRecord> {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<CertificateStore['list']>> = await store.list({
      ...query,
      limit: PAGE,
      ...(cursor === null ? {} : { cursor }),
    });
    yield* page.records;
    cursor = page.cursor;
  } while (cursor !== null);
}
