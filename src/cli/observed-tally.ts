// cli: imports core, contracts, x509, ca, audit, revocation and stores.

/** By what refusals may be told apart, besides who would have refused. */
export const OBSERVED_DIMENSIONS = ['reason', 'model', 'app-version'] as const;
export type ObservedDimension = (typeof OBSERVED_DIMENSIONS)[number];

/** One refusal that was only observed, for one of its reasons. */
export type ObservedCase = Readonly<Record<'by' | ObservedDimension, string>>;

/** How often something was observed. */
export interface ObservedCount {
  readonly requests: number;
  readonly devices: number;
  /** True if there may be more devices than that. */
  readonly devicesAtLeast: boolean;
}

/** Refusals that are told apart from others by what is in `values`: who, then the dimensions in their order. */
export interface ObservedRow extends ObservedCount {
  readonly values: readonly string[];
}

/** Counts within bounded memory, whatever apps claim. */
export interface ObservedTally {
  /** Counts what was observed of one certificate; at least one case. */
  add(deviceId: string, cases: readonly ObservedCase[]): void;
  /** All certificates of which something was observed. */
  total(): ObservedCount;
  /** Most requests first. */
  rows(): readonly ObservedRow[];
}

/** What stands for all values that there is no room for. */
export const OTHER = '(other)';

/**
 * Makes a tally.
 *
 * @param dimensions what to tell apart
 * @param limits past `maxRows` rows, 1,000 by default, claims of apps become {@link OTHER}, and past twice as many everything does;
 *   past `maxDevices` devices in all rows together, 500,000 by default, further ones are not told apart
 */
export function createObservedTally(
  dimensions: readonly ObservedDimension[],
  limits: { readonly maxRows?: number; readonly maxDevices?: number } = {},
): ObservedTally {
  const { maxRows = 1000, maxDevices = 500_000 } = limits;
  const total = createCounter();
  const rows = new Map<string, { readonly values: readonly string[]; readonly counter: Counter }>();
  let devicesKept = 0;

  function createCounter(): Counter {
    const devices = new Set<string>();
    let requests = 0;
    let devicesAtLeast = false;
    return {
      add(deviceId) {
        requests += 1;
        if (devices.has(deviceId)) return;
        if (devicesKept === maxDevices) {
          devicesAtLeast = true;
          return;
        }
        devices.add(deviceId);
        devicesKept += 1;
      },
      read: () => ({ requests, devices: devices.size, devicesAtLeast }),
    };
  }

  /** The row of a case, or the finest one that there is room for. */
  function findRow(refusal: ObservedCase): Counter {
    const exact = [refusal.by, ...dimensions.map((dimension) => refusal[dimension])];
    const claimed = [false, ...dimensions.map((dimension) => dimension !== 'reason')];
    const coarse = exact.map((value, index) => (claimed[index] === true ? OTHER : value));
    if (hasRoom(exact, maxRows)) return openRow(exact);
    return openRow(hasRoom(coarse, 2 * maxRows) ? coarse : exact.map(() => OTHER));
  }

  function hasRoom(values: readonly string[], most: number): boolean {
    return rows.size < most || rows.has(JSON.stringify(values));
  }

  function openRow(values: readonly string[]): Counter {
    const key = JSON.stringify(values);
    const row = rows.get(key) ?? { values, counter: createCounter() };
    rows.set(key, row);
    return row.counter;
  }

  return {
    add(deviceId, cases) {
      total.add(deviceId);
      // Two reasons of one refusal are one row where reasons are not told apart.
      for (const counter of new Set(cases.map(findRow))) counter.add(deviceId);
    },
    total: () => total.read(),
    rows: () =>
      [...rows.values()]
        .map(({ values, counter }) => ({ values, ...counter.read() }))
        .sort((one, other) => other.requests - one.requests),
  };
}

interface Counter {
  add(deviceId: string): void;
  read(): ObservedCount;
}
