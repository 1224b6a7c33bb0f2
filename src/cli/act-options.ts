// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { createAuditTrail } from '../audit/audit-trail.js';
import type { Stores } from '../contracts/stores.js';
import {
  createRevocationDesk,
  type AdministrativeAct,
  type RevocationDesk,
} from '../revocation/revocation-desk.js';
import type { CommandContext } from './command-context.js';
import { parseText } from './parse-option.js';

/** The options of every verb that changes something. */
export const actOptions = {
  note: { type: 'string' },
  actor: { type: 'string' },
} as const;

const MAX_ACTOR_LENGTH = 200;
const MAX_NOTE_LENGTH = 500;

/** Who does it, and why. Nothing is cut off silently. */
export function parseAct(
  { note, actor }: { readonly note?: string; readonly actor?: string },
  { userName }: CommandContext,
): AdministrativeAct {
  return {
    actor: parseText('--actor', actor ?? userName(), MAX_ACTOR_LENGTH),
    ...(note === undefined ? {} : { note: parseText('--note', note, MAX_NOTE_LENGTH) }),
  };
}

/** A desk that keeps each act in the audit trail; `issuerIds` are the CAs that a serial number may be of. */
export function openDesk(
  stores: Stores,
  issuerIds: readonly string[],
  { clock }: CommandContext,
): RevocationDesk {
  return createRevocationDesk({
    authority: { issuers: issuerIds.map((issuerId) => ({ issuerId })) },
    certificates: stores.certificates,
    revocations: stores.revocations,
    events: createAuditTrail({ audit: stores.audit }),
    clock,
  });
}
