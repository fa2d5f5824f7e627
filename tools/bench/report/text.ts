/** Formats the report as text for a terminal. */
import type { Report } from './figures.ts';

export function formatReport({ figures, peers }: Report): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const lines = figures.map(({ name, value, target, met }) => {
    const judged =
      target === null ? '' : `  <= ${String(target).padEnd(8)}${met === true ? 'met' : 'MISSED'}`;
    return `${name.padEnd(width)}  ${String(value).padStart(10)}${judged}`;
  });
  const others = peers.map(({ name, wall, units, dollars, dollarsPerMonth, crash, note }) =>
    [
      `\n${name}`,
      `  wall ${formatNumber(wall)}, units ${formatNumber(units)}, $${formatNumber(dollars)} per million and $${formatNumber(dollarsPerMonth)} a month`,
      `  crash: ${crash}`,
      ...(note === '' ? [] : [`  ${note}`]),
    ].join('\n'),
  );
  return `${[...lines, ...others].join('\n')}\n`;
}

function formatNumber(value: number | null): string {
  return value === null ? '-' : String(value);
}
