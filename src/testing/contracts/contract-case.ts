// testing: may import everything; nothing imports it.

/**
 * One check of a contract suite, for any test runner:
 * `for (const check of replayStoreContract({ create })) test(check.name, check.run);`
 */
export interface ContractCase {
  /** A sentence that says what holds. */
  readonly name: string;
  /** Rejects, with what is wrong, if it does not hold. */
  readonly run: () => Promise<void>;
}

/** Something made for one check. */
export interface Disposable {
  /** Called when the check is over, whatever came of it. */
  readonly dispose?: () => void | Promise<void>;
}

/** A check with something of its own, made before it and disposed of after it. */
export function contractCase<T extends Disposable>(
  name: string,
  create: () => T | Promise<T>,
  check: (created: T) => Promise<void>,
): ContractCase {
  return {
    name,
    run: async () => {
      const created = await create();
      try {
        await check(created);
      } finally {
        await created.dispose?.();
      }
    },
  };
}
