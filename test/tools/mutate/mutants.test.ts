/** Which faults are made of a source, which are not, and which of them a sample draws. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PROJECT } from '../../../tools/kit/project.ts';
import { EQUIVALENT } from '../../../tools/mutate/equivalent.ts';
import { drawSample, listMutants } from '../../../tools/mutate/mutants.ts';

const makeFaults = (source: string) => listMutants('some.ts', `${source}\n`).map(({ after }) => after);

describe('a fault is made of', () => {
  test.each<[what: string, source: string, faults: string[]]>([
    ['a boundary', 'f(a < b);', [';', 'f(a <= b);']],
    ['an equality', 'f(a === b);', [';', 'f(a !== b);']],
    ['a number', 'f(5);', [';', 'f(0);', 'f(6);', 'f(5000);']],
    ['a sum, but not of texts', "f(a + b, 'x' + b);", [';', "f(a - b, 'x' + b);", "f(a + b, '' + b);"]],
    ['a condition', 'if (a) b = c;', ['if (true) b = c;', 'if (false) b = c;', 'if (a) ;']],
    ['a negation', 'f(!a);', [';', 'f(a);']],
    ['a fallback', 'f(a ?? b);', [';', 'f(a);', 'f((b));']],
    ['an await', 'await f();', [';', 'void f();']],
    [
      'an early return',
      'function f() { if (a) return; g(); }',
      [
        'function f() { if (true) return; g(); }',
        'function f() { if (false) return; g(); }',
        'function f() { if (a) ; g(); }',
        'function f() { if (a) return; ; }',
      ],
    ],
    [
      'a text, a truth and a list',
      "f('a', true, [b]);",
      [';', "f('', true, [b]);", "f('a', false, [b]);", "f('a', true, []);"],
    ],
    [
      'a property, by its value where it has one to change',
      'f({ a, b: c.d, e: 0 });',
      [';', 'f({ ...{}, b: c.d, e: 0 });', 'f({ a, ...{}, e: 0 });', 'f({ a, b: c.d, e: 1 });'],
    ],
    ['a function that has an opposite', 'f(Math.min(a, b));', [';', 'f(Math.max(a, b));']],
  ])('%s', (_what, source, faults) => {
    expect(makeFaults(source)).toEqual(faults);
  });
});

test.each([
  ['types', "type A = 'a' | 1; interface B { c: 'd' }"],
  ['imports', "import { a } from './a.ts';"],
  ['the message of an error', "throw new BadError('Something is wrong.');"],
])('no fault is made of %s', (_what, source) => {
  expect(makeFaults(source)).toEqual([]);
});

test('a fault is known by its lines, and is made in the whole file', () => {
  const [first] = listMutants('some.ts', 'f();\nif (\n  a\n) {\n  b = c;\n}\n').filter(
    ({ line }) => line === 3,
  );
  expect(first).toEqual({
    file: 'some.ts',
    line: 3,
    before: 'a',
    after: 'true',
    source: 'f();\nif (\n  true\n) {\n  b = c;\n}\n',
  });
});

test('a sample is drawn again by its seed, and in the order of the lines', () => {
  const mutants = listMutants('some.ts', 'f(1);\nf(2);\nf(3);\nf(4);\nf(5);\n');
  const sample = drawSample(mutants, 6, 1);
  expect(sample).toHaveLength(6);
  expect(drawSample(mutants, 6, 1)).toEqual(sample);
  expect(drawSample(mutants, 6, 2)).not.toEqual(sample);
  expect(sample.map(({ line }) => line)).toEqual(sample.map(({ line }) => line).sort());
  expect(drawSample(mutants, 1000, 1)).toEqual(mutants);
});

test('every equivalent mutant that is listed is one of the code as it is, and says why it is none to see', () => {
  const known = EQUIVALENT.map(({ file, before, after }) => [file, before, after].join('\n'));
  const files = [...new Set(EQUIVALENT.map(({ file }) => file))];
  const made = files
    .flatMap((file) => listMutants(file, readFileSync(join(PROJECT, file), 'utf8')))
    .map(({ file, before, after }) => [file, before, after].join('\n'));
  expect(known.filter((each) => !made.includes(each))).toEqual([]);
  expect(new Set(known).size).toBe(known.length);
  expect(EQUIVALENT.filter(({ reason }) => reason === '')).toEqual([]);
});
