/** Draws texts that have broken programs before, for every place where a client can put a text. */
import fc from 'fast-check';

/** Names with a meaning in JavaScript, in the event of a function, or in this system. */
export const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  'then',
  'target_group_id',
  'TARGET_GROUP_IDS',
  'target_group_ids ',
  'isBase64Encoded',
  'requestContext',
  'pathParameters',
  'rawPath',
  'account_id',
  '0',
  '',
];

/** Texts of one byte per character, without ASCII control characters: for headers and, encoded, for paths. */
const PLAIN = [
  '..',
  '.',
  '%',
  '%00',
  '%0d%0aset-cookie:%20a=b',
  '%c0%ae%c0%ae%c0%af',
  '%ff%fe',
  '%u0041',
  '%252e%252e%252f',
  '%ED%A0%80',
  '%e2%80%a8',
  '%1b[31m',
  '-1',
  '0',
  '1e3',
  '0x65',
  '101.0',
  '+101',
  ' 101',
  '00101',
  '2147483648',
  '99999999999999999999999999999999',
  'NaN',
  'null',
  'undefined',
  '[object Object]',
  '*',
  '$default',
  '{job_id}',
  '${jndi:ldap://x/a}',
  '{{7*7}}',
  "' OR '1'='1",
  '"><script>alert(1)</script>',
  '../../../../etc/passwd',
  'META',
  '101#AAAA',
  'REQUEST#0000',
  'a;b=c',
  'a,b',
  '\u00e4\u00f6\u00fc',
  '\u00ff\u00fe',
  '\u0080\u009b31m',
];

const CONTROL = ['\u0000', '\r\n', '\n', '\u001b[2J', '\u0007', '\u007f', '\ta'];

/** Lengths in characters: the longest exceed every pattern, but not the limit of all headers together. */
const LENGTHS = [27, 255, 256, 257, 1_000, 9_000, 60_000];

const long = fc
  .tuple(
    fc.constantFrom('A', '0', '/', ' ', '=', ',', '-', 'a=', 'a=1,', '00-', '\u00e9'),
    fc.constantFrom(...LENGTHS),
  )
  .map(([piece, length]) => piece.repeat(Math.ceil(length / piece.length)));

const latin1 = fc
  .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0xa0, max: 0xff })), {
    maxLength: 40,
  })
  .map((codes) => String.fromCharCode(...codes));

/** A text that HTTP may carry in a header. */
export const headerText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PLAIN, ...NAMES) },
  { weight: 3, arbitrary: latin1 },
  { weight: 1, arbitrary: long },
);

/** A text with characters that HTTP forbids. */
export const brokenText: fc.Arbitrary<string> = fc
  .tuple(headerText, fc.constantFrom(...CONTROL), headerText)
  .map((parts) => parts.join(''));

/** A text in visible ASCII, as a client must write it in a path or a query. */
export const pathText: fc.Arbitrary<string> = headerText.map((text) =>
  text.replace(
    /[^\x21-\x7e]|[?#]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  ),
);

/** Any text, for JSON. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  headerText,
  brokenText,
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\ud800', 'a\udc00', '\u2028', '\u202e', '\ufeff', '\u001b[31m\n{"level":"ERROR"}'),
);
