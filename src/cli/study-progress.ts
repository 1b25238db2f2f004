/** How far a study is: trials done and under way. */

import type { StudyProgress } from '#experiment';
import { StepProgress } from './step-progress.ts';

export class StudyProgressLine {
  readonly #line: StepProgress;

  constructor(stream: NodeJS.WriteStream, quiet: boolean) {
    this.#line = new StepProgress(stream, quiet);
  }

  show({ done, total, running, share }: StudyProgress, what = 'trials'): void {
    this.#line.show(share, () => `${done} of ${total} ${what}, ${running} under way`);
  }

  finish(): void {
    this.#line.finish();
  }
}
