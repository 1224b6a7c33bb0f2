// revocation: imports core, contracts, x509.

import type { CertificatePage, CertificateRecord } from '../contracts/certificate-store.js';

/** Which page to ask for. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
}

const PAGE = 1000;

/** Walks all pages of a list of certificates. */
export async function* listPages(
  ask: (page: PageRequest) => Promise<CertificatePage>,
): AsyncGenerator<readonly CertificateRecord[]> {
  let cursor: string | null = null;
  do {
    const page: CertificatePage = await ask(cursor === null ? { limit: PAGE } : { limit: PAGE, cursor });
    yield page.records;
    cursor = page.cursor;
  } while (cursor !== null);
}
