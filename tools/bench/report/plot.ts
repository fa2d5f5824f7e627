/** Draws a scaling curve as SVG, with a logarithmic x axis and colours for light and dark backgrounds. */

export interface Curve {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Each x is at least 1. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** The largest allowed y, drawn as a line. */
  readonly target?: number;
}

/** Sizes are in pixels. */
const WIDTH = 560;
const HEIGHT = 300;
const LEFT = 64;
const RIGHT = 24;
/** Space between the edges and the first and last point, for the labels above them. */
const INSET = 24;
const TOP = 40;
const BOTTOM = 52;
const INK = '#7d8590';
const LINE = '#2f81f7';
const LIMIT = '#d1742f';

/** Draws the curve; the same curve always gives the same text. @throws Error for a curve without points */
export function drawCurve({ title, xLabel, yLabel, points, target }: Curve): string {
  if (points.length === 0) throw new Error(`the curve ${title} has no points`);
  const xs = points.map(({ x }) => x);
  const top = roundUpToStep(Math.max(...points.map(({ y }) => y), target ?? 0) * 1.05);
  const [from, to] = [Math.log10(Math.min(...xs)), Math.log10(Math.max(...xs))];
  const toX = (x: number) =>
    LEFT + INSET + ((Math.log10(x) - from) / (to - from || 1)) * (WIDTH - LEFT - RIGHT - 2 * INSET);
  const toY = (y: number) => HEIGHT - BOTTOM - (y / top) * (HEIGHT - TOP - BOTTOM);
  const formatPoint = ({ x, y }: { x: number; y: number }) => `${formatFixed(toX(x))},${formatFixed(toY(y))}`;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * top);

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="sans-serif" font-size="12" fill="${INK}">`,
    `<title>${escapeXml(title)}</title>`,
    makeText(LEFT, 20, title, 'start', 'font-size="14" font-weight="600"'),
    ...ticks.flatMap((y) => [
      `<path d="M${LEFT},${formatFixed(toY(y))}H${WIDTH - RIGHT}" stroke="${INK}" stroke-opacity="0.25"/>`,
      makeText(LEFT - 8, toY(y) + 4, formatShort(y), 'end'),
    ]),
    ...xs.map((x) => makeText(toX(x), HEIGHT - BOTTOM + 18, x.toLocaleString('en-US'), 'middle')),
    makeText((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, xLabel, 'middle'),
    makeText(
      0,
      0,
      yLabel,
      'middle',
      `transform="translate(16,${formatFixed((TOP + HEIGHT - BOTTOM) / 2)}) rotate(-90)"`,
    ),
    ...(target === undefined
      ? []
      : [
          `<path d="M${LEFT},${formatFixed(toY(target))}H${WIDTH - RIGHT}" stroke="${LIMIT}" stroke-dasharray="6 4"/>`,
          makeText(LEFT + 4, toY(target) - 6, `target ${formatShort(target)}`, 'start', `fill="${LIMIT}"`),
        ]),
    `<polyline points="${points.map(formatPoint).join(' ')}" fill="none" stroke="${LINE}" stroke-width="2"/>`,
    ...points.flatMap((point) => [
      `<circle cx="${formatFixed(toX(point.x))}" cy="${formatFixed(toY(point.y))}" r="3.5" fill="${LINE}"/>`,
      makeText(toX(point.x), toY(point.y) - 9, formatShort(point.y), 'middle', `fill="${LINE}"`),
    ]),
    '</svg>',
    '',
  ].join('\n');
}

function makeText(x: number, y: number, content: string, anchor: string, more = ''): string {
  return `<text x="${formatFixed(x)}" y="${formatFixed(y)}" text-anchor="${anchor}" ${more}>${escapeXml(content)}</text>`;
}

/** Rounds up to 1, 2, 2.5, 4, 5 or 10 times a power of ten. */
function roundUpToStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 4, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

const formatFixed = (value: number) => value.toFixed(1);

const formatShort = (value: number) => String(Number(value.toPrecision(3)));

function escapeXml(content: string): string {
  return content.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
