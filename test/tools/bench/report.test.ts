/** Tests how the bench reports figures: against their targets, as text, in documents and as curves. */
import { describe, expect, test } from '@jest/globals';
import { replaceBetweenMarkers } from '../../../tools/bench/report/docs.ts';
import {
  makeTargetFigure,
  computeMedian,
  type Report,
  makeReportedFigure,
  roundFigure,
  computeSpread,
} from '../../../tools/bench/report/figures.ts';
import { drawCurve } from '../../../tools/bench/report/plot.ts';
import { formatReport } from '../../../tools/bench/report/text.ts';

test('a figure is met up to its target, and is compared before it is rounded', () => {
  expect(makeTargetFigure(1.05, 'x', 1.05)).toEqual({ name: 'x', value: 1.05, target: 1.05, met: true });
  expect(makeTargetFigure(1.05, 'x', 1.050_001)).toMatchObject({ value: 1.05, met: false });
  expect(makeTargetFigure(1.05, 'x', NaN).met).toBe(false);
  expect(makeReportedFigure('y', 3)).toEqual({ name: 'y', value: 3, target: null, met: null });
});

test('measurements have a median and a spread, and figures are rounded to four digits', () => {
  expect(computeMedian([3, 1, 2])).toBe(2);
  expect(computeMedian([4, 1, 2, 3])).toBe(2.5);
  expect(() => computeMedian([])).toThrow('nothing');
  expect(computeSpread([2, 3, 2.5])).toBe(1.5);
  expect([1.042_04, 12_345, 0.000_123_456].map(roundFigure)).toEqual([1.042, 12_345, 0.000_123_5]);
});

test('the text marks missed figures, and shows a dash for what was not measured', () => {
  const report: Report = {
    figures: [makeTargetFigure(1, 'good', 0.5), makeTargetFigure(1, 'bad', 2), makeReportedFigure('told', 7)],
    peers: [
      { name: 'other', wall: null, units: 1, dollars: 2, dollarsPerMonth: 3, crash: 'lost', note: 'not run' },
    ],
  };
  const lines = formatReport(report).split('\n');
  expect(lines[0]).toMatch(/^good .* met$/);
  expect(lines[1]).toMatch(/^bad .* MISSED$/);
  expect(lines[2]).toMatch(/^told +7$/);
  expect(formatReport(report)).toContain('wall -, units 1, $2 per million and $3 a month');
});

describe('a curve', () => {
  const curve = {
    title: 'A <b> & c',
    xLabel: 'ids',
    yLabel: 'times',
    points: [
      { x: 1, y: 2 },
      { x: 100, y: 4 },
    ],
  };

  test('goes from left to right, with higher values higher up', () => {
    const points = /<polyline points="([^"]+)"/
      .exec(drawCurve(curve))?.[1]
      ?.split(' ')
      .map((at) => at.split(',').map(Number));
    const [[x1 = 0, y1 = 0] = [], [x2 = 0, y2 = 0] = []] = points ?? [];
    expect(x2).toBeGreaterThan(x1);
    expect(y2).toBeLessThan(y1);
  });

  test('has its title escaped, and shows the target if there is one', () => {
    expect(drawCurve(curve)).toContain('<title>A &#60;b&#62; &#38; c</title>');
    expect(drawCurve(curve)).not.toContain('dasharray');
    expect(drawCurve({ ...curve, target: 8 })).toContain('target 8');
  });

  test('without points is an error that names it', () => {
    expect(() => drawCurve({ ...curve, points: [] })).toThrow('A <b> & c');
  });
});

test('measured text replaces the text between its markers, and nothing else changes', () => {
  const text = 'a\n<!-- x:start -->\nold\n<!-- x:end -->\nb\n';
  expect(replaceBetweenMarkers(text, 'x', 'new')).toBe('a\n<!-- x:start -->\n\nnew\n\n<!-- x:end -->\nb\n');
  expect(() => replaceBetweenMarkers(text, 'y', 'new')).toThrow('<!-- y:start -->');
});
