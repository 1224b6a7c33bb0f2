// enrolment: imports core, contracts, x509.

/** A request to an enrolment endpoint over a bootstrap certificate. */
export interface BootstrapRequest {
  /** As the certificate names it. */
  readonly release: string;
  readonly certificateSha256: string;
}

/** How often a bootstrap certificate was used. */
export interface BootstrapUse {
  readonly release: string;
  readonly certificateSha256: string;
  /** Requests since the process started. */
  readonly requests: number;
  /** Requests in the window that runs. */
  readonly windowRequests: number;
  /** What the windows of the last day had on average. */
  readonly usualWindowRequests: number;
}

/** That the use of a certificate has jumped. */
export interface UseJump {
  readonly windowRequests: number;
  readonly usualWindowRequests: number;
}

/** Counts uses in windows, and compares each window with those of the day before it. */
export interface UseCounter {
  /** The jump, once for each window; `null` for a use that is nothing special. */
  count(request: BootstrapRequest, now: Date): UseJump | null;
  describe(): readonly BootstrapUse[];
}

interface Count {
  readonly request: BootstrapRequest;
  requests: number;
  /** Number of the window that runs, counted from the epoch. */
  window: number;
  windowRequests: number;
  /** Of the windows before, the latest last. */
  readonly past: number[];
  told: boolean;
}

const DAY_SECONDS = 24 * 60 * 60;

export function createUseCounter(options: {
  readonly windowSeconds: number;
  readonly factor: number;
  readonly minimum: number;
}): UseCounter {
  const { windowSeconds, factor, minimum } = options;
  const windowsInDay = Math.ceil(DAY_SECONDS / windowSeconds);
  /** By the SHA-256 of the certificate: as many as our bootstrap CAs have signed. */
  const counts = new Map<string, Count>();

  function find(request: BootstrapRequest, window: number): Count {
    const { release, certificateSha256 } = request;
    const known = counts.get(certificateSha256);
    if (known) return known;
    const count = {
      request: { release, certificateSha256 },
      requests: 0,
      window,
      windowRequests: 0,
      past: [],
      told: false,
    };
    counts.set(certificateSha256, count);
    return count;
  }

  /** Closes the windows that have ended, those without any use too. A clock that goes back stays in the window. */
  function moveOn(count: Count, window: number): void {
    if (window <= count.window) return;
    const closed = [count.windowRequests];
    const idle = Math.min(window - count.window - 1, windowsInDay);
    for (let index = 0; index < idle; index += 1) closed.push(0);
    count.past.push(...closed);
    count.past.splice(0, count.past.length - windowsInDay);
    Object.assign(count, { window, windowRequests: 0, told: false });
  }

  return {
    count(request, now) {
      const window = Math.floor(now.getTime() / 1000 / windowSeconds);
      const count = find(request, window);
      moveOn(count, window);
      count.requests += 1;
      count.windowRequests += 1;
      const usualWindowRequests = average(count.past);
      const { windowRequests } = count;
      if (count.told || windowRequests < minimum || windowRequests < factor * usualWindowRequests)
        return null;
      count.told = true;
      return { windowRequests, usualWindowRequests };
    },

    describe: () =>
      [...counts.values()].map(({ request, requests, windowRequests, past }) => ({
        ...request,
        requests,
        windowRequests,
        usualWindowRequests: average(past),
      })),
  };
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
