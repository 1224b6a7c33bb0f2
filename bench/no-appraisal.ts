// The appraisal of a certificate without evidence.

import type { AppraisalSummary } from 'device-trust';

export const noAppraisal: AppraisalSummary = {
  reasons: [],
  verdicts: [],
  claimed: {},
  evidenceAt: null,
  evidenceDueAt: null,
  outage: null,
  observed: [],
};
