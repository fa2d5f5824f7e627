/** The report for people, as a table. */
import type { Report } from './figures.ts';

export function textOf({ figures }: Report): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const lines = figures.map(({ name, value, target, met }) => {
    const judged =
      target === null ? '' : `  <= ${String(target).padEnd(8)}${met === true ? 'met' : 'MISSED'}`;
    return `${name.padEnd(width)}  ${String(value).padStart(10)}${judged}`;
  });
  return `${lines.join('\n')}\n`;
}
