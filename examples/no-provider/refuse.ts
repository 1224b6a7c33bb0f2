// A phone without a provider gets no certificate.
//
// Gives up: every phone with neither Google nor Huawei services, and every one whose services fail. Their owners are locked out.
// Keeps: each certificate means that a vendor vouched for app and device.

import { createDefaultPolicy, refuse, type Policy } from 'device-trust';

export function createRefusingPolicy(): Policy {
  return createDefaultPolicy({ withoutEvidence: refuse() });
}
