// Tells a story on the terminal, and keeps count of what did not go as it must.

import { styleText } from 'node:util';
import type { Answer } from 'device-trust/testing';

/** What an answer must be: a status, and for a refusal its code. */
export interface Expectation {
  readonly status: number;
  readonly code?: string;
}

export interface Story {
  chapter(title: string): void;
  /** One step: what happens, what must come of it, and a word on what came. */
  step(what: string, expected: Expectation, answer: Answer, detail?: string): void;
  /** A step that is no request. */
  fact(what: string, asItMust: boolean, detail?: string): void;
  /** Prints the end; the exit code for the process. */
  end(): number;
}

type Style = Parameters<typeof styleText>[0];

export function createStory(out: NodeJS.WriteStream): Story {
  let steps = 0;
  let failures = 0;
  const paint = (style: Style, text: string) => (out.isTTY ? styleText(style, text) : text);

  function tell(what: string, asItMust: boolean, outcome: string): void {
    steps += 1;
    if (!asItMust) failures += 1;
    const mark = asItMust ? paint('green', '✔') : paint('red', '✘');
    out.write(`  ${mark} ${what}\n      ${paint(asItMust ? 'dim' : 'red', outcome)}\n`);
  }

  return {
    chapter(title) {
      out.write(`\n${paint('bold', title)}\n`);
    },
    step(what, expected, answer, detail) {
      const asItMust = answer.status === expected.status && answer.code === (expected.code ?? null);
      const got = [String(answer.status), answer.code, detail].filter(Boolean).join(' · ');
      const wanted = asItMust ? '' : `, but must be ${expected.status} ${expected.code ?? ''}`;
      tell(what, asItMust, `${got}${wanted}`);
    },
    fact(what, asItMust, detail = '') {
      tell(what, asItMust, asItMust ? detail : `${detail} - that is not as it must be`);
    },
    end() {
      const summary =
        failures === 0
          ? `All ${steps} steps went as they must.`
          : `${failures} of ${steps} steps went wrong.`;
      out.write(`\n${paint(failures === 0 ? ['bold', 'green'] : ['bold', 'red'], summary)}\n`);
      return failures === 0 ? 0 : 1;
    },
  };
}
