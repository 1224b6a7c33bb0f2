/** What came of judging one sample by one rule. */
export interface SampleOutcome {
  readonly sample: string;
  readonly rule: string;
  /** As the folder says. */
  readonly expected: string;
  readonly got: string;
  readonly asExpected: boolean;
}
