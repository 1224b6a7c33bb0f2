// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import type { CertificateRecord } from '../contracts/certificate-store.js';
import type { RevocationStatus } from '../contracts/revocation-store.js';
import type { Stores } from '../contracts/stores.js';
import { RejectedError } from '../core/errors.js';
import { listPages } from '../revocation/list-pages.js';
import { AUDIT_COLUMNS, describeAuditEntry, printAuditRow } from './audit-view.js';
import type { CommandContext } from './command-context.js';
import { describeCertificate, describeLife, describeState, listProviders, printTime } from './device-view.js';
import { printJson, printTable } from './print-table.js';
import { escapeControls } from './report.js';

const COLUMNS = ['SERIAL', 'ISSUER', 'TIER', 'PROVIDER', 'APP VERSION', 'FROM', 'ENDS', 'STATE'];
/** How many decisions are shown; `audit list` has the others. */
const MAX_DECISIONS = 1000;

/**
 * Shows one device: its state, each certificate, each decision about it.
 *
 * @throws RejectedError `subject_unknown`
 */
export async function showDevice(
  deviceId: string,
  json: boolean,
  { certificates, revocations, audit }: Stores,
  { clock, print }: CommandContext,
): Promise<number> {
  const found: { readonly record: CertificateRecord; readonly status: RevocationStatus }[] = [];
  for await (const records of listPages((page) => certificates.list({ deviceId, ...page }))) {
    for (const record of records) found.push({ record, status: await revocations.find(record) });
  }
  const latest = found.at(-1);
  if (latest === undefined) {
    throw new RejectedError('subject_unknown', { message: `nothing was issued to a device ${deviceId}` });
  }
  const { record, status } = latest;
  const decisions = await audit.listAudit({ afterSequence: 0, deviceId, limit: MAX_DECISIONS });
  const now = clock.now();
  if (json) {
    const certificatesAsJson = found.map((each) => ({
      ...describeCertificate(each.record),
      state: describeLife(each.record, each.status, now),
    }));
    const state = status.device?.subject.kind === 'device' ? status.device.subject.state : 'active';
    print(
      printJson({
        deviceId,
        state,
        certificates: certificatesAsJson,
        decisions: decisions.map(describeAuditEntry),
      }),
    );
    return 0;
  }
  const last = decisions.at(-1)?.sequence ?? 0;
  const more =
    decisions.length < MAX_DECISIONS
      ? ''
      : `\nmore: device-trust audit list --device ${deviceId} --after ${last}\n`;
  const facts = [
    `device    ${deviceId}`,
    `state     ${describeState(status)}`,
    `enrolled  ${printTime(record.enrolledAt)}`,
    `release   ${record.bootstrapCertificateSha256 ?? '-'}`,
  ];
  const rows = found.map((each) => printRow(each.record, describeLife(each.record, each.status, now)));
  print(
    [
      facts.map((fact) => `${escapeControls(fact)}\n`).join(''),
      printTable(COLUMNS, rows),
      printTable(AUDIT_COLUMNS, decisions.map(printAuditRow)) + more,
    ].join('\n'),
  );
  return 0;
}

function printRow(record: CertificateRecord, state: string): readonly string[] {
  return [
    record.serialNumber,
    record.issuerId,
    record.tier,
    listProviders(record).join(','),
    record.appraisal.claimed.appVersion ?? '',
    printTime(record.notBefore),
    printTime(record.notAfter),
    state,
  ];
}
