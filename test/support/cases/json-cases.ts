/**
 * The cases of JSONTestSuite, by Nicolas Seriot: texts that a parser of JSON must accept (`y_…`), must refuse
 * (`n_…`), or may do either with (`i_…`). The names are those of the suite.
 * Source: https://github.com/nst/JSONTestSuite/tree/1ef36fa01286573e846ac449e8683f8833c5b26a/test_parsing
 */
import { REFUSED } from './json-refused.ts';

type Verdict = 'accepted' | 'refused' | 'either';

export interface JsonCase {
  readonly name: string;
  readonly bytes: Buffer;
  readonly verdict: Verdict;
}

/** One character per byte. */
const ACCEPTED: Readonly<Record<string, string>> = {
  array_arraysWithSpaces: '[[]   ]',
  'array_empty-string': '[""]',
  array_empty: '[]',
  array_ending_with_newline: '["a"]',
  array_false: '[false]',
  array_heterogeneous: '[null, 1, "1", {}]',
  array_null: '[null]',
  array_with_1_and_newline: '[1\n]',
  array_with_leading_space: ' [1]',
  array_with_several_null: '[1,null,null,null,2]',
  array_with_trailing_space: '[2] ',
  number: '[123e65]',
  'number_0e+1': '[0e+1]',
  number_0e1: '[0e1]',
  number_after_space: '[ 4]',
  number_double_close_to_zero:
    '[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]\n',
  number_int_with_exp: '[20e1]',
  number_minus_zero: '[-0]',
  number_negative_int: '[-123]',
  number_negative_one: '[-1]',
  number_negative_zero: '[-0]',
  number_real_capital_e: '[1E22]',
  number_real_capital_e_neg_exp: '[1E-2]',
  number_real_capital_e_pos_exp: '[1E+2]',
  number_real_exponent: '[123e45]',
  number_real_fraction_exponent: '[123.456e78]',
  number_real_neg_exp: '[1e-2]',
  number_real_pos_exponent: '[1e+2]',
  number_simple_int: '[123]',
  number_simple_real: '[123.456789]',
  object: '{"asd":"sdf", "dfg":"fgh"}',
  object_basic: '{"asd":"sdf"}',
  object_duplicated_key: '{"a":"b","a":"c"}',
  object_duplicated_key_and_value: '{"a":"b","a":"b"}',
  object_empty: '{}',
  object_empty_key: '{"":0}',
  object_escaped_null_in_key: '{"foo\\u0000bar": 42}',
  object_extreme_numbers: '{ "min": -1.0e+28, "max": 1.0e+28 }',
  object_long_strings:
    '{"x":[{"id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}], "id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}',
  object_simple: '{"a":[]}',
  object_string_unicode:
    '{"title":"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430 \\u0417\\u0435\\u043c\\u043b\\u0435\\u043a\\u043e\\u043f\\u0430" }',
  object_with_newlines: '{\n"a": "b"\n}',
  'string_1_2_3_bytes_UTF-8_sequences': '["\\u0060\\u012a\\u12AB"]',
  string_accepted_surrogate_pair: '["\\uD801\\udc37"]',
  string_accepted_surrogate_pairs: '["\\ud83d\\ude39\\ud83d\\udc8d"]',
  string_allowed_escapes: '["\\"\\\\\\/\\b\\f\\n\\r\\t"]',
  string_backslash_and_u_escaped_zero: '["\\\\u0000"]',
  string_backslash_doublequotes: '["\\""]',
  string_comments: '["a/*b*/c/*d//e"]',
  string_double_escape_a: '["\\\\a"]',
  string_double_escape_n: '["\\\\n"]',
  string_escaped_control_character: '["\\u0012"]',
  string_escaped_noncharacter: '["\\uFFFF"]',
  string_in_array: '["asd"]',
  string_in_array_with_leading_space: '[ "asd"]',
  string_last_surrogates_1_and_2: '["\\uDBFF\\uDFFF"]',
  string_nbsp_uescaped: '["new\\u00A0line"]',
  'string_nonCharacterInUTF-8_U+10FFFF': '["\xf4\x8f\xbf\xbf"]',
  'string_nonCharacterInUTF-8_U+FFFF': '["\xef\xbf\xbf"]',
  string_null_escape: '["\\u0000"]',
  'string_one-byte-utf-8': '["\\u002c"]',
  string_pi: '["\xcf\x80"]',
  'string_reservedCharacterInUTF-8_U+1BFFF': '["\xf0\x9b\xbf\xbf"]',
  string_simple_ascii: '["asd "]',
  string_space: '" "',
  'string_surrogates_U+1D11E_MUSICAL_SYMBOL_G_CLEF': '["\\uD834\\uDd1e"]',
  'string_three-byte-utf-8': '["\\u0821"]',
  'string_two-byte-utf-8': '["\\u0123"]',
  'string_u+2028_line_sep': '["\xe2\x80\xa8"]',
  'string_u+2029_par_sep': '["\xe2\x80\xa9"]',
  string_uEscape: '["\\u0061\\u30af\\u30EA\\u30b9"]',
  string_uescaped_newline: '["new\\u000Aline"]',
  string_unescaped_char_delete: '["\x7f"]',
  string_unicode: '["\\uA66D"]',
  string_unicodeEscapedBackslash: '["\\u005C"]',
  string_unicode_2: '["\xe2\x8d\x82\xe3\x88\xb4\xe2\x8d\x82"]',
  'string_unicode_U+10FFFE_nonchar': '["\\uDBFF\\uDFFE"]',
  'string_unicode_U+1FFFE_nonchar': '["\\uD83F\\uDFFE"]',
  'string_unicode_U+200B_ZERO_WIDTH_SPACE': '["\\u200B"]',
  'string_unicode_U+2064_invisible_plus': '["\\u2064"]',
  'string_unicode_U+FDD0_nonchar': '["\\uFDD0"]',
  'string_unicode_U+FFFE_nonchar': '["\\uFFFE"]',
  string_unicode_escaped_double_quote: '["\\u0022"]',
  string_utf8: '["\xe2\x82\xac\xf0\x9d\x84\x9e"]',
  string_with_del_character: '["a\x7fa"]',
  structure_lonely_false: 'false',
  structure_lonely_int: '42',
  structure_lonely_negative_real: '-0.1',
  structure_lonely_null: 'null',
  structure_lonely_string: '"asd"',
  structure_lonely_true: 'true',
  structure_string_empty: '""',
  structure_trailing_newline: '["a"]\n',
  structure_true_in_array: '[true]',
  structure_whitespace_array: ' [] ',
};

/** Numbers that a double cannot hold, half surrogate pairs, other encodings than UTF-8, and deep nesting. */
const EITHER: Readonly<Record<string, string>> = {
  number_double_huge_neg_exp: '[123.456e-789]',
  number_huge_exp:
    '[0.4e00669999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999969999999006]',
  number_neg_int_huge_exp: '[-1e+9999]',
  number_pos_double_huge_exp: '[1.5e+9999]',
  number_real_neg_overflow: '[-123123e100000]',
  number_real_pos_overflow: '[123123e100000]',
  number_real_underflow: '[123e-10000000]',
  number_too_big_neg_int: '[-123123123123123123123123123123]',
  number_too_big_pos_int: '[100000000000000000000]',
  number_very_big_negative_int: '[-237462374673276894279832749832423479823246327846]',
  object_key_lone_2nd_surrogate: '{"\\uDFAA":0}',
  string_1st_surrogate_but_2nd_missing: '["\\uDADA"]',
  string_1st_valid_surrogate_2nd_invalid: '["\\uD888\\u1234"]',
  'string_UTF-16LE_with_BOM': '\xff\xfe[\x00"\x00\xe9\x00"\x00]\x00',
  'string_UTF-8_invalid_sequence': '["\xe6\x97\xa5\xd1\x88\xfa"]',
  'string_UTF8_surrogate_U+D800': '["\xed\xa0\x80"]',
  string_incomplete_surrogate_and_escape_valid: '["\\uD800\\n"]',
  string_incomplete_surrogate_pair: '["\\uDd1ea"]',
  string_incomplete_surrogates_escape_valid: '["\\uD800\\uD800\\n"]',
  string_invalid_lonely_surrogate: '["\\ud800"]',
  string_invalid_surrogate: '["\\ud800abc"]',
  'string_invalid_utf-8': '["\xff"]',
  'string_inverted_surrogates_U+1D11E': '["\\uDd1e\\uD834"]',
  string_iso_latin_1: '["\xe9"]',
  string_lone_second_surrogate: '["\\uDFAA"]',
  string_lone_utf8_continuation_byte: '["\x81"]',
  string_not_in_unicode_range: '["\xf4\xbf\xbf\xbf"]',
  string_overlong_sequence_2_bytes: '["\xc0\xaf"]',
  string_overlong_sequence_6_bytes: '["\xfc\x83\xbf\xbf\xbf\xbf"]',
  string_overlong_sequence_6_bytes_null: '["\xfc\x80\x80\x80\x80\x80"]',
  'string_truncated-utf-8': '["\xe0\xff"]',
  string_utf16BE_no_BOM: '\x00[\x00"\x00\xe9\x00"\x00]',
  string_utf16LE_no_BOM: '[\x00"\x00\xe9\x00"\x00]\x00',
  structure_500_nested_arrays: `${'['.repeat(500)}${']'.repeat(500)}`,
  'structure_UTF-8_BOM_empty_object': '\xef\xbb\xbf{}',
};

function listCases(prefix: string, verdict: Verdict, texts: Readonly<Record<string, string>>): JsonCase[] {
  return Object.entries(texts).map(([name, text]) => ({
    name: prefix + name,
    bytes: Buffer.from(text, 'latin1'),
    verdict,
  }));
}

export const JSON_CASES: readonly JsonCase[] = [
  ...listCases('y_', 'accepted', ACCEPTED),
  ...listCases('n_', 'refused', REFUSED),
  ...listCases('i_', 'either', EITHER),
];

/** Whether bytes are UTF-8. In others, each faulty sequence becomes a U+FFFD when they are read as text. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
