import type { ContractCase } from '../../../src/testing/contracts/contract-case.js';

/** Names of the cases that do not hold. */
export async function failingCases(cases: readonly ContractCase[]): Promise<readonly string[]> {
  const failing: string[] = [];
  for (const { name, run } of cases) {
    try {
      await run();
    } catch {
      failing.push(name);
    }
  }
  return failing;
}
