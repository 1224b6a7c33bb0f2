// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import type { AuditEntry } from '../contracts/audit-store.js';
import { readEvent } from './read-event.js';

/** The columns of an entry. */
export const AUDIT_COLUMNS = ['ENTRY', 'AT', 'WHAT', 'DEVICE', 'BY', 'DETAIL'];

/** An entry as a row; one whose text is no event is shown as it is, for what does not fit is what is looked for. */
export function printAuditRow({ sequence, body, deviceId }: AuditEntry): readonly string[] {
  const event = readEvent(body);
  if (event === null) return [String(sequence), '', '', deviceId ?? '', '', body];
  const text = (name: string) => (typeof event[name] === 'string' ? event[name] : '');
  const details = ['action', 'tier', 'code', 'reason', 'serialNumber', 'note'].map(text);
  const target = event['target'] ?? event['filter'];
  return [
    String(sequence),
    text('at'),
    text('type'),
    deviceId ?? '',
    text('actor'),
    [...details, target === undefined ? '' : JSON.stringify(target)]
      .filter((detail) => detail !== '')
      .join(' '),
  ];
}

/** An entry as JSON, with all that its hash can be checked with. */
export function describeAuditEntry(entry: AuditEntry): Readonly<Record<string, unknown>> {
  return { ...entry, event: readEvent(entry.body) };
}
