/** Counts who answered what, and knows what a run must have seen: else it has not reached the code it is to try. */
import { ROUTES } from '../../../api/routes.ts';
import { labelOf } from './requests.ts';
import { CREATED, REPLAYED } from './rules.ts';

const CREATE_KINDS = [CREATED, REPLAYED, '400', '400 key reused', '401', '403', '404'];
const READ_KINDS = ['200', '400', '401', '403', '404'];

export class Coverage {
  private readonly counts = new Map<string, Map<string, number>>();

  add(by: string, kind: string): void {
    const kinds = this.counts.get(by) ?? new Map<string, number>();
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    this.counts.set(by, kinds);
  }

  /** What was not seen, as `route: answer`. */
  missing(): string[] {
    const expected = [
      ...ROUTES.map((route): [string, string[]] => [
        labelOf(route),
        route.operation === 'createJob' ? CREATE_KINDS : READ_KINDS,
      ]),
      ['$default', ['404']] as const,
      ['gateway', ['400', '413', '417', '431']] as const,
    ];
    return expected.flatMap(([by, kinds]) =>
      kinds.filter((kind) => !this.counts.get(by)?.has(kind)).map((kind) => `${by}: ${kind}`),
    );
  }

  /** A line for each of those who answered: how often, and what how often. */
  lines(): string[] {
    const widest = Math.max(...[...this.counts.keys()].map((by) => by.length));
    return [...this.counts]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([by, kinds]) => {
        const sorted = [...kinds].sort(([a], [b]) => a.localeCompare(b));
        const total = sorted.reduce((sum, [, count]) => sum + count, 0);
        const each = sorted.map(([kind, count]) => `${kind}: ${count}`).join(', ');
        return `${by.padEnd(widest)} ${String(total).padStart(6)}  ${each}`;
      });
  }
}
