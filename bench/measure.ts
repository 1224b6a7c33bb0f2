// Measures work against its floor: both in the same process, in short interleaved rounds, so that noise hits both alike.

/** Something to measure. */
export interface Work {
  readonly name: string;
  run(): unknown;
}

/** Median microseconds a run, by name. */
export type Measured = ReadonlyMap<string, number>;

/**
 * Runs each work in turn, `rounds` times, `runs` each time. The first rounds warm up and are not counted.
 *
 * @param options `rounds`: default 21; `runs`: default 50
 */
export async function measure(
  works: readonly Work[],
  options: { readonly rounds?: number; readonly runs?: number } = {},
): Promise<Measured> {
  const { rounds = 21, runs = 50 } = options;
  const warmUp = 5;
  const samples = new Map<string, number[]>(works.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds + warmUp; round++) {
    for (const work of works) {
      const start = process.hrtime.bigint();
      for (let index = 0; index < runs; index++) await work.run();
      const microseconds = Number(process.hrtime.bigint() - start) / 1000 / runs;
      if (round >= warmUp) samples.get(work.name)?.push(microseconds);
    }
  }
  return new Map([...samples].map(([name, values]) => [name, median(values)]));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
