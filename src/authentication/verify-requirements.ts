// authentication: imports core, contracts, x509.

import { DeviceTrustError, RejectedError, UnavailableError } from '../core/errors.js';
import type { DeviceRequirement, RequirementContext, RequirementOutcome } from './device-requirement.js';

/**
 * Asks the requirements in order, up to the first that is not met.
 *
 * @throws RejectedError `tier_insufficient`, `evidence_insufficient`
 * @throws UnavailableError `policy_unavailable` if one failed, or whatever it threw to say that it could not find out
 */
export async function verifyRequirements(
  requirements: readonly DeviceRequirement[],
  context: RequirementContext,
): Promise<void> {
  for (const requirement of requirements) {
    const outcome = await evaluate(requirement, context);
    if (outcome.met) continue;
    const { code, reasons, action = 'reattest' } = outcome;
    throw new RejectedError(code, {
      message: `the device does not meet: ${requirement.name}`,
      reasons,
      action,
    });
  }
}

async function evaluate(
  requirement: DeviceRequirement,
  context: RequirementContext,
): Promise<RequirementOutcome> {
  try {
    return await requirement.evaluate(context);
  } catch (cause) {
    if (cause instanceof DeviceTrustError) throw cause;
    const message = `a requirement failed: ${requirement.name}`;
    throw new UnavailableError('policy_unavailable', { message, cause });
  }
}
