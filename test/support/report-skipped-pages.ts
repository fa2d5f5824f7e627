/** A Jest reporter: lists the tests that a run skipped because this machine has no browser. */
import { relative } from 'node:path';
import { styleText } from 'node:util';
import type { runCLI } from 'jest';
import { findBrowser, explainMissingBrowser, IN_A_BROWSER } from './find-browser.ts';

type Results = Awaited<ReturnType<typeof runCLI>>['results'];

const RULE = '─'.repeat(100);

export default class SkippedPagesReporter {
  readonly #isWanted: (fullName: string) => boolean;
  readonly #rootDir: string;

  constructor({ rootDir, testNamePattern }: { rootDir: string; testNamePattern?: string }) {
    this.#rootDir = rootDir;
    // Jest also reports tests as pending that the option -t leaves out.
    const pattern = testNamePattern === undefined ? undefined : new RegExp(testNamePattern, 'i');
    this.#isWanted = (fullName) => pattern?.test(fullName) ?? true;
  }

  onRunComplete(_contexts: unknown, results: Results): void {
    if (findBrowser() !== undefined) return;
    const suites = results.testResults
      .map(({ testFilePath, testResults }) => ({
        file: relative(this.#rootDir, testFilePath),
        titles: testResults
          .filter(
            ({ status, ancestorTitles }) => status === 'pending' && ancestorTitles.includes(IN_A_BROWSER),
          )
          .filter(({ fullName }) => this.#isWanted(fullName))
          .map(({ title }) => title),
      }))
      .filter(({ titles }) => titles.length > 0);
    if (suites.length === 0) return;
    const count = suites.reduce((sum, { titles }) => sum + titles.length, 0);
    const lines = [
      RULE,
      `SKIPPED: ${count} tests, because there is no browser`,
      ...suites.flatMap(({ file, titles }) => ['', `  ${file}`, ...titles.map((title) => `    ○ ${title}`)]),
      '',
      explainMissingBrowser(),
      RULE,
    ];
    process.stderr.write(`\n${styleText('yellow', lines.join('\n'), { stream: process.stderr })}\n\n`);
  }
}
