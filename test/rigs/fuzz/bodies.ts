/** Draws bodies of create requests: valid, slightly wrong and hostile. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ID_PATTERN } from '../../../src/domain/ids.ts';
import { anyText, NAMES } from './texts.ts';
import type { FuzzTargets } from './fuzz-targets.ts';

const MEGABYTE = 1024 * 1024;

/** A valid body of at most four ids, so that the jobs stay small. */
export function goodBody(targets: FuzzTargets): fc.Arbitrary<Buffer> {
  const ids = fc.array(anyId(targets), { minLength: 1, maxLength: 4 });
  return ids.map((list) => Buffer.from(JSON.stringify({ target_group_ids: list })));
}

function anyId({ groups, foreign }: FuzzTargets): fc.Arbitrary<string> {
  const unknown = fc.stringMatching(ID_PATTERN);
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...groups) },
    { weight: 1, arbitrary: unknown },
    { weight: 1, arbitrary: fc.constant(foreign.group) },
  );
}

export function hostileBody(targets: FuzzTargets): fc.Arbitrary<Buffer> {
  const good = goodBody(targets);
  const goodText = good.map((body) => body.toString());
  const text = fc.oneof(
    { weight: 4, arbitrary: jsonText },
    { weight: 6, arbitrary: oddIds(targets) },
    { weight: 4, arbitrary: withFields(goodText) },
    { weight: 2, arbitrary: fc.constantFrom(...TEXTS) },
    { weight: 2, arbitrary: nested },
    { weight: 2, arbitrary: edited(goodText) },
    { weight: 1, arbitrary: anyText },
  );
  return fc.oneof(
    { weight: 60, arbitrary: text.map((value) => Buffer.from(value)) },
    { weight: 12, arbitrary: encoded(good) },
    { weight: 3, arbitrary: largeBody(targets) },
    { weight: 1, arbitrary: hugeBody },
  );
}

const jsonText = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.stringify(value)),
);

/** A list of ids, some of which are invalid. */
function oddIds(targets: FuzzTargets): fc.Arbitrary<string> {
  const bad = fc.oneof(
    anyText,
    fc.jsonValue(),
    anyId(targets).map((id) => id.toLowerCase()),
    anyId(targets).map((id) => `${id} `),
  );
  return fc
    .array(fc.oneof(bad, anyId(targets)), { maxLength: 6 })
    .map((list) => JSON.stringify({ target_group_ids: list }));
}

/** Adds unknown fields, some twice, to the JSON text: in the text, `__proto__` is a name like any other. */
function withFields(good: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const name = fc.oneof(fc.constantFrom(...NAMES, 'target_group_ids'), anyText);
  const value = fc.oneof(
    jsonText,
    fc.constantFrom('{"polluted":1}', '1e999', '-0', '9'.repeat(400), 'tru', '[],'),
  );
  return fc
    .tuple(good, fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([body, fields, first]) => {
      const added = fields.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',');
      return first ? `{${added},${body.slice(1)}` : `${body.slice(0, -1)},${added}}`;
    });
}

const TEXTS = [
  '',
  'null',
  'true',
  '1e999',
  '-1e-999',
  '"\\ud800"',
  '"\\u0000"',
  '[]',
  '{}',
  '{"target_group_ids":{"length":1,"0":"A"}}',
  '{"target_group_ids":[1e999,-0,1e-400,9007199254740993]}',
  '{"target_group_ids":["\\ud800","\\u0000","\\u2028"]}',
  "{'target_group_ids':['A']}",
  '{"target_group_ids":[NaN]}',
  '{"target_group_ids":[,]}',
  '/* */{}',
  '<a/>',
  'target_group_ids=A',
];

const DEPTHS = [2, 10, 1_000, 100_000];

const nested = fc
  .tuple(
    fc.constantFrom(['[', ']'], ['{"a":', '}'], ['{"__proto__":', '}']),
    fc.constantFrom(...DEPTHS),
    fc.boolean(),
  )
  .map(([[open = '', close = ''], depth, closed]) => {
    const inner = open.repeat(depth) + (closed ? `1${close.repeat(depth)}` : '');
    return `{"target_group_ids":${inner}}`;
  });

/** A valid text in which some characters are replaced, inserted or removed. */
function edited(good: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(good, fc.nat(200), fc.nat(20), anyText).map(([text, at, cut, put]) => {
    const place = at % text.length;
    return text.slice(0, place) + put + text.slice(place + cut);
  });
}

/** Valid bodies in other encodings, and random bytes. */
function encoded(good: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const encode = fc.constantFrom<(body: Buffer) => Buffer>(
    (body) => gzipSync(body),
    (body) => Buffer.concat([Buffer.from('\ufeff'), body]),
    (body) => Buffer.from(body.toString(), 'utf16le'),
    (body) => Buffer.from(body.toString('base64')),
    (body) => Buffer.concat([body, Buffer.from([0])]),
    (body) => Buffer.concat([body.subarray(0, 30), Buffer.from([0xed, 0xa0, 0x80, 0xff, 0xc0, 0xaf]), body]),
  );
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  return fc.oneof(
    fc.tuple(good, encode).map(([body, change]) => change(body)),
    bytes,
  );
}

/** Lists and objects with up to 30,000 entries: one id repeated, numbers, texts and fields. */
function largeBody({ groups: [id = ''] }: FuzzTargets): fc.Arbitrary<Buffer> {
  const list = (of: (n: number) => string, count: number) =>
    Buffer.from(`{"target_group_ids":[${Array.from({ length: count }, (_, n) => of(n)).join(',')}]}`);
  return fc
    .constantFrom(100, 5_000, 30_000)
    .chain((count) =>
      fc.constantFrom(
        () => list(() => `"${id}"`, count),
        () => list((n) => String(n * 65_536), count),
        () => list((n) => `"${n}"`, count),
        () => Buffer.from(`{${Array.from({ length: count }, (_, n) => `"${n * 65_536}":1`).join(',')}}`),
        () => Buffer.from(`{${Array.from({ length: count }, (_, n) => `"k${n}":{}`).join(',')}}`),
      ),
    )
    .map((make) => make());
}

/** Bodies around the limits of Lambda (6 MB for the event) and of the gateway (10 MB). */
const hugeBody = fc
  .tuple(fc.constantFrom('[', ' ', '{"a":', '1', 'A', '"'), fc.constantFrom(1, 1, 1, 1, 5, 10.5))
  .map(([piece, size]) => Buffer.alloc(Math.floor(size * MEGABYTE), piece));
