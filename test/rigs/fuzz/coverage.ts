/** Counts the answers by route and kind, and lists expected ones that never came. */
import { ROUTES } from '../../../api/routes.ts';
import { formatRoute } from './fuzz-requests.ts';
import { CREATED, REPLAYED } from './rules.ts';

const CREATE_KINDS = [CREATED, REPLAYED, '400', '400 key reused', '401', '403', '404', '415'];
const READ_KINDS = ['200', '400', '401', '403', '404'];

export class Coverage {
  readonly #counts = new Map<string, Map<string, number>>();

  add(by: string, kind: string): void {
    const kinds = this.#counts.get(by) ?? new Map<string, number>();
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    this.#counts.set(by, kinds);
  }

  /** Lists the expected answers that never came, as `route: answer`. */
  listMissing(): string[] {
    const expected = [
      ...ROUTES.map((route): [string, string[]] => [
        formatRoute(route),
        route.operation === 'createJob' ? CREATE_KINDS : READ_KINDS,
      ]),
      ['$default', ['404']] as const,
      ['gateway', ['400', '413', '417', '431']] as const,
    ];
    return expected.flatMap(([by, kinds]) =>
      kinds.filter((kind) => !this.#counts.get(by)?.has(kind)).map((kind) => `${by}: ${kind}`),
    );
  }

  /** Formats one line per route: the number of its answers, in total and by kind. */
  formatLines(): string[] {
    const widest = Math.max(...[...this.#counts.keys()].map((by) => by.length));
    return [...this.#counts]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([by, kinds]) => {
        const sorted = [...kinds].sort(([a], [b]) => a.localeCompare(b));
        const total = sorted.reduce((sum, [, count]) => sum + count, 0);
        const each = sorted.map(([kind, count]) => `${kind}: ${count}`).join(', ');
        return `${by.padEnd(widest)} ${String(total).padStart(6)}  ${each}`;
      });
  }
}
