/** Tests how claims are found and read, in each form that issuers give them. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Claims,
  describeClaim,
  findClaim,
  findFirstClaim,
  readAccounts,
  readScopes,
} from '../../src/http/read-claims.ts';
import { makePropertySettings } from '../support/properties.ts';

/** Parses claims as a token has them: `__proto__` is then a name like any other. */
const parse = (text: string) => JSON.parse(text) as Claims;

describe('a claim', () => {
  test.each<[string, string, unknown]>([
    ['its name', 'account_ids', [1]],
    ['a name with dots', 'extn.account_ids', [2]],
    ['a name that is an address', 'https://corp.example/account_ids', [3]],
    ['a path', 'realm_access.roles', ['a']],
    ['a path through a name with dots', 'resource_access.com.corp.fielding.roles', ['b']],
    ['the name before the path', 'both.x', 'name'],
    ['the longer name before the shorter one', 'a.b.c', 'longer'],
    ['a path, where the longer name leads nowhere', 'a.b.d', 'shorter'],
  ])('is found by %s', (_name, wanted, value) => {
    const claims = parse(`{
      "account_ids": [1], "extn.account_ids": [2], "https://corp.example/account_ids": [3],
      "realm_access": { "roles": ["a"] }, "resource_access": { "com.corp.fielding": { "roles": ["b"] } },
      "both.x": "name", "both": { "x": "path" },
      "a.b": { "c": "longer" }, "a": { "b": { "c": "shorter", "d": "shorter" } }
    }`);
    expect(findClaim(claims, wanted)).toEqual(value);
  });

  test.each([
    ...['constructor', 'toString', 'hasOwnProperty', '__proto__', '__proto__.x', 'constructor.name'],
    ...['list.length', 'list.0', 'list.0.x', 'text.length', 'text.0', 'number.toFixed', 'null.x'],
    ...['', '.', '..', 'list.', '.list', 'object', 'deep.x.constructor', 'deep.x.__proto__'],
  ])('is not found by %j, which the token itself does not have', (name) => {
    const claims = parse('{"list":[{"x":1}],"text":"abc","number":1,"null":null,"deep":{"x":{"y":1}}}');
    expect(findClaim(claims, name)).toBeUndefined();
  });

  test('below __proto__ or constructor is found by no other name', () => {
    const claims = parse('{"__proto__":{"account_ids":[101]},"constructor":{"account_ids":[101]}}');
    expect(findClaim(claims, 'account_ids')).toBeUndefined();
    expect(findClaim(parse(`{"x":${JSON.stringify(claims)}}`), 'x.account_ids')).toBeUndefined();
  });

  test('that is found is one that the token has, whatever its name', () => {
    const names = fc.constantFrom('a', 'b', 'a.b', '__proto__', 'constructor', 'length', '0', '');
    const values = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.array(tie('value')), tie('object')),
      object: fc.dictionary(names, tie('value')),
    }));
    const paths = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(values.object, paths, (object, path) => {
        const claims = parse(JSON.stringify(object));
        const found = findClaim(claims, path);
        if (found !== undefined) expect(JSON.stringify(object)).toContain(JSON.stringify(found));
      }),
      makePropertySettings(500),
    );
  });

  test('is the first of several that is present, even if it is null or empty', () => {
    const names = ['client_id', 'azp'];
    expect(findFirstClaim({ azp: 'b', client_id: 'a' }, names)).toEqual({ name: 'client_id', value: 'a' });
    expect(findFirstClaim({ azp: 'b' }, names)).toEqual({ name: 'azp', value: 'b' });
    expect(findFirstClaim({ azp: 'b', client_id: null }, names)).toEqual({ name: 'client_id', value: null });
    expect(findFirstClaim({ azp: 'b', client_id: '' }, names)).toEqual({ name: 'client_id', value: '' });
    expect(findFirstClaim({}, names)).toBeUndefined();
  });
});

describe('accounts', () => {
  test.each<[unknown, number[]]>([
    [
      [101, 102],
      [101, 102],
    ],
    [
      ['101', '102'],
      [101, 102],
    ],
    [
      ['101', 102],
      [101, 102],
    ],
    [101, [101]],
    ['101', [101]],
    ['101 102', [101, 102]],
    ['101  102', [101, 102]],
    ['101,102', [101, 102]],
    ['101, 102', [101, 102]],
    ['101 , 102 103', [101, 102, 103]],
    ['2147483647', [2_147_483_647]],
    // One bad element takes nothing from the others.
    [
      ['101', '102; DROP', null, [103], 104],
      [101, 104],
    ],
  ])('%j names %j', (claim, accounts) => {
    expect(readAccounts(claim)).toEqual(accounts);
  });

  test('of a text are exactly its numbers, or none', () => {
    const piece = fc.constantFrom(
      '1',
      '101',
      '0101',
      '2147483648',
      '-1',
      '1e2',
      'x',
      ' ',
      ',',
      ', ',
      ';',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const text = pieces.join('');
        const accounts = readAccounts(text);
        if (accounts.length > 0) expect(text.split(/[ ,]+/).map(Number)).toEqual(accounts);
        for (const account of accounts) expect(text.split(/[ ,]+/)).toContain(String(account));
      }),
      makePropertySettings(500),
    );
  });
});

describe('scopes', () => {
  test.each<[unknown, string[]]>([
    ['a b', ['a', 'b']],
    [' a  b ', ['a', 'b']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [['a b'], ['a b']],
    [['a', 1, null, ['b']], ['a']],
    ['a,b', ['a,b']],
    [{ a: true }, []],
    [undefined, []],
  ])('of %j are %j', (claim, scopes) => {
    expect(readScopes(claim)).toEqual(scopes);
  });
});

describe('the description of a claim', () => {
  test.each<[unknown, string]>([
    [undefined, 'nothing'],
    [null, 'null'],
    ['', 'an empty text'],
    ['secret', 'a text'],
    [7, 'a number'],
    [true, 'true or false'],
    [{ secret: 1 }, 'an object'],
    [[], 'an empty list'],
    [['secret'], 'a list of 1 text'],
    [['secret', 'secret'], 'a list of 2 texts'],
    [[1, 2, 3], 'a list of 3 numbers'],
    [[1, 'secret'], 'a list of 2 elements'],
    [[['secret']], 'a list of 1 element'],
  ])('of %j is %s', (claim, description) => {
    expect(describeClaim(claim)).toBe(description);
  });

  test('never has anything of its value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(describeClaim(value)).toMatch(
          /^(nothing|null|an empty (text|list)|a (text|number)|true or false|an object|a list of \d+ (text|number|element)s?)$/,
        );
      }),
      makePropertySettings(300),
    );
  });
});
