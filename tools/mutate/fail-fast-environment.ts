/** The environment of a suite that ends with its first failed test. Jest's `bail` ends a run, not a suite. */
import { TestEnvironment } from 'jest-environment-node';

interface TestEvent {
  readonly name: string;
  readonly test?: { readonly errors: readonly unknown[]; mode?: string | null };
}

export default class FailFastEnvironment extends TestEnvironment {
  #failed = false;

  handleTestEvent({ name, test }: TestEvent): void {
    if (test === undefined) return;
    if (name === 'test_done' && test.errors.length > 0) this.#failed = true;
    if (name === 'test_start' && this.#failed) test.mode = 'skip';
  }
}
