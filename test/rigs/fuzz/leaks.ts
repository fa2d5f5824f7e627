/** Finds leaks in answers and log lines: internals of the code, names of AWS resources, and tokens. */
import type { StackInfo } from '../../support/start-stack.ts';
import type { FuzzTargets } from './fuzz-targets.ts';

/** Number of characters that identify a signature: no other text contains them by chance. */
const SIGNATURE_PART = 24;

const INTERNALS: readonly [string, RegExp][] = [
  ['a stack trace', /\n\s+at |\\n\s+at |\bat [^\s"]*[(/][^"]*:\d+:\d+/],
  ['a path of the code', /node_modules|file:\/\/|\/var\/task|\.(ts|mjs):\d+/],
  ['an ARN', /arn:aws/],
  ['an environment variable', /AWS_(SECRET|SESSION|ACCESS)|TOKEN_(JWKS_URL|RULES)|POWERTOOLS_/],
];

export class Leaks {
  readonly #secrets: readonly [string, string][];

  constructor(
    { tables, queues, endpoints }: StackInfo,
    { tokens, client }: Pick<FuzzTargets, 'tokens' | 'client'>,
  ) {
    const signatures = [client.token, ...tokens.map(({ text }) => text)].map(
      (text) => text.split('.')[2] ?? '',
    );
    this.#secrets = [
      ...Object.values(tables).map((name): [string, string] => ['a table name', name]),
      ...Object.values(queues).map((url): [string, string] => ['a queue URL', url]),
      ...Object.values(endpoints).map((url): [string, string] => ['an internal address', url]),
      // Short signatures are made up, and so no secrets.
      ...signatures
        .filter((text) => text.length > 100)
        .map((text): [string, string] => ['a token', text.slice(0, SIGNATURE_PART)]),
    ];
  }

  /** Returns the names of all leaks in a text. */
  findLeaks(text: string): string[] {
    return [
      ...INTERNALS.filter(([, pattern]) => pattern.test(text)).map(([name]) => name),
      ...new Set(this.#secrets.filter(([, secret]) => text.includes(secret)).map(([name]) => name)),
    ];
  }
}
