/** One figure of the benchmark. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** `value` in units of what it is measured against. */
  readonly ratio: number;
  /** What it is measured against, in the same run unless it says otherwise. */
  readonly against: string;
}

/** Makes figures, once asked. */
export interface Bench {
  /** Names of the figures it makes. */
  readonly names: readonly string[];
  run(): Promise<readonly Figure[]>;
}

export function figure(name: string, value: number, floor: number, against: string, unit = 'us'): Figure {
  return { name, value, unit, ratio: value / floor, against };
}
