/** What came of one sample by one set of rules. */
export interface SampleOutcome {
  /** Folder and name of the sample. */
  readonly sample: string;
  /** Which rules. */
  readonly rule: string;
  /** What the folder says must come of it. */
  readonly expected: string;
  /** What did, and why. */
  readonly got: string;
  readonly asExpected: boolean;
}
