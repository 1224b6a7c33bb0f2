// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { auditList } from './audit-list.js';
import { auditVerify } from './audit-verify.js';
import type { CommandContext } from './command-context.js';
import { Misuse } from './misuse.js';

/** The two verbs about the audit trail. */
export async function audit(words: readonly string[], context: CommandContext): Promise<number> {
  const [what, ...rest] = words;
  if (what === 'verify') return auditVerify(rest, context);
  if (what === 'list') return auditList(rest, context);
  throw new Misuse('audit needs "verify" or "list"');
}
