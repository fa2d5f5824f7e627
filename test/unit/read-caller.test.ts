/** Tests who the caller of a token is and what it may do, and attacks on each form that is accepted. */
import { describe, expect, test } from '@jest/globals';
import { UnauthenticatedError } from '../../src/domain/errors.ts';
import { type Caller, findAudienceFault, readCaller, type TokenRules } from '../../src/http/read-caller.ts';
import { makeRules } from '../support/token-rules.ts';

const CLIENT = '3n4b5urk1ft4';
const COGNITO = makeRules({ audiences: [], clientIds: [CLIENT], accountsByClient: { [CLIENT]: [101] } });
const MACHINE = { sub: CLIENT, client_id: CLIENT, token_use: 'access', scope: 'batch-jobs:write' };
const GRANTED = makeRules({ accountsByClient: { cli: [101] } });

const read = (claims: Record<string, unknown>, rules: TokenRules = makeRules()): Caller =>
  readCaller({ aud: 'jobs', sub: 'u', ...claims }, rules);

describe('the audience', () => {
  test.each<[string, unknown]>([
    ['the text of one', 'two'],
    ['a list that has one', ['x', 'one']],
  ])('may be %s', (_name, aud) => {
    expect(findAudienceFault({ aud }, makeRules({ audiences: ['one', 'two'] }))).toBeUndefined();
  });

  test.each<[string, unknown]>([
    ...(['three', 'one,two', 'one two', '', null, 1, {}, [], ['three'], [['one']]] as const).map(
      (aud): [string, unknown] => [JSON.stringify(aud), aud],
    ),
  ])('may not be %s, whoever the client is', (_name, aud) => {
    const rules = makeRules({ audiences: ['one', 'two'], clientIds: [CLIENT] });
    expect(findAudienceFault({ ...MACHINE, aud }, rules)).toMatch(/^aud claim: .*, not the audience$/);
  });

  test('that is another one is described in the log', () => {
    expect(findAudienceFault({ aud: ['x', 'y'] }, makeRules())).toBe(
      'aud claim: a list of 2 texts, not the audience',
    );
  });

  test('may be missing in an access token of a known client, and in no other', () => {
    expect(findAudienceFault(MACHINE, COGNITO)).toBeUndefined();
    const others: Record<string, unknown>[] = [
      { ...MACHINE, client_id: 'zzz' },
      { ...MACHINE, client_id: undefined, azp: 'zzz' },
      { ...MACHINE, client_id: [CLIENT] },
      { ...MACHINE, client_id: 'zzz', azp: CLIENT },
      { ...MACHINE, token_use: 'id' },
      { ...MACHINE, token_use: ['access'] },
      { sub: CLIENT, client_id: CLIENT },
      { sub: CLIENT, client_id: 'constructor', token_use: 'access' },
    ];
    for (const claims of others)
      expect(findAudienceFault(claims, COGNITO)).toMatch(/^aud claim: nothing, and /);
    expect(findAudienceFault(MACHINE, makeRules())).toBe('aud claim: nothing');
  });

  test('is not taken from a client id, even if the two are the same', () => {
    expect(findAudienceFault({ ...MACHINE, aud: CLIENT }, COGNITO)).toBeDefined();
    expect(findAudienceFault({ ...MACHINE, token_use: 'id', aud: CLIENT }, COGNITO)).toBeDefined();
  });
});

describe('the caller', () => {
  test('of a subject is the one that stored jobs have', () => {
    expect(read({ sub: '0190A8F0-5B7E-7C3A-9D55-3F1B6A2C4E11' }).userId).toBe(
      '0190a8f0-5b7e-7c3a-9d55-3f1b6a2c4e11',
    );
    expect(read({ sub: 'auth0|42' }).userId).toBe('4bfbec90-4050-56de-9abb-9488864b0718');
  });

  test('user cli, client cli of each claim, and cli of another issuer differ', () => {
    const nobody = { sub: undefined };
    const users = [
      readCaller({ aud: 'jobs', sub: 'cli' }, makeRules()),
      ...['client_id', 'azp', 'appid'].map((name) => readCaller({ aud: 'jobs', [name]: 'cli' }, makeRules())),
      readCaller({ aud: 'jobs', client_id: 'cli' }, makeRules({ issuer: 'https://other.test/' })),
      readCaller({ aud: 'jobs', sub: 'client_id:cli' }, makeRules()),
      readCaller({ aud: 'jobs', sub: 'client_id\u0000cli' }, makeRules()),
    ].map(({ userId }) => userId);
    expect(new Set(users).size).toBe(users.length);
    for (const user of users)
      expect(user).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
    expect(() => readCaller({ aud: 'jobs', ...nobody, cid: 'cli' }, makeRules())).toThrow(
      UnauthenticatedError,
    );
  });

  test('of a client whose id is a UUID is not the user of that UUID', () => {
    const id = '11111111-1111-4111-8111-111111111111';
    expect(readCaller({ aud: 'jobs', azp: id }, makeRules()).userId).not.toBe(id);
    expect(read({ sub: id }).userId).toBe(id);
  });

  test('is in the first claim of callerClaims, and the others do not count', () => {
    const rules = makeRules({ callerClaims: ['email', 'sub'] });
    expect(read({ sub: 'a', email: 'x' }, rules).userId).toBe(read({ sub: 'b', email: 'x' }, rules).userId);
    expect(read({ sub: 'a' }, rules).userId).toBe(read({ sub: 'a' }).userId);
    expect(() => read({ sub: 'a', email: 1 }, rules)).toThrow(UnauthenticatedError);
  });

  test('without one is refused, and the log says what was found', () => {
    for (const sub of [null, '', 1, ['u'], {}]) expect(() => read({ sub })).toThrow(UnauthenticatedError);
    let caught: unknown;
    try {
      read({ sub: ['secret'] });
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ evidence: { reason: 'caller claim sub: a list of 1 text' } });
  });
});

describe('the scopes', () => {
  test('of all claims count', () => {
    const rules = makeRules({ scopesClaims: ['scp', 'realm_access.roles', 'missing'] });
    const { scopes } = read({ scp: 'batch-jobs:read', realm_access: { roles: ['batch-jobs:write'] } }, rules);
    expect(scopes).toEqual(new Set(['batch-jobs:write', 'batch-jobs:read']));
  });

  test('are only those of the configured names', () => {
    const rules = makeRules({ writeScope: 'fielding/write', readScope: 'fielding/read' });
    expect(read({ scope: 'fielding/write' }, rules).scopes).toEqual(new Set(['batch-jobs:write']));
    expect(read({ scope: 'fielding/read' }, rules).scopes).toEqual(new Set(['batch-jobs:read']));
    expect(read({ scope: 'batch-jobs:write batch-jobs:read' }, rules).scopes.size).toBe(0);
    expect(read({ scope: ['fielding/write fielding/read'] }, rules).scopes.size).toBe(0);
  });

  test('are not taken from a claim that is not configured', () => {
    expect(read({ scp: 'batch-jobs:write', permissions: ['batch-jobs:write'] }).scopes.size).toBe(0);
  });
});

describe('accounts of a client', () => {
  const machines: [string, Record<string, unknown>][] = [
    ['without a subject', { sub: undefined, client_id: 'cli' }],
    ['whose subject is the client', { sub: 'cli', client_id: 'cli' }],
    ['of Cognito', { sub: 'cli', client_id: 'cli', token_use: 'access', auth_time: 1 }],
    ['of Entra ID v2 with idtyp', { sub: 's', azp: 'cli', idtyp: 'app' }],
    ['of Entra ID v2 without idtyp', { sub: 's', azp: 'cli', ver: '2.0', roles: ['x'] }],
    ['of Entra ID v1', { sub: 's', appid: 'cli', ver: '1.0', roles: ['x'] }],
    ['of Auth0', { sub: 'cli@clients', azp: 'cli', gty: 'client-credentials' }],
    ['of Auth0, by its subject alone', { sub: 'cli@clients', azp: 'cli' }],
    ['of Keycloak, without its user name', { sub: 'x', azp: 'cli', clientHost: '::1', clientAddress: '::1' }],
  ];

  test.each(machines)('are those of a machine %s', (_name, claims) => {
    const claimed = { aud: 'jobs', ...JSON.parse(JSON.stringify(claims)) } as Record<string, unknown>;
    expect(readCaller(claimed, GRANTED).accounts).toEqual(new Set([101]));
  });

  test.each(machines)('are not those of a user whose token is like one %s', (_name, claims) => {
    const names = [
      ...['scp', 'username', 'preferred_username', 'email', 'cognito:username', 'upn', 'unique_name', 'name'],
      ...['amr', 'sid', 'session_state', 'nonce', 'at_hash', 'c_hash'],
      ...['given_name', 'family_name', 'emails', 'email_verified', 'uid', 'user_id', 'act', 'tfp'],
    ];
    for (const name of names) {
      for (const value of ['x', ['x'], null, '']) {
        const claimed = { aud: 'jobs', sub: 'cli', ...claims, [name]: value };
        expect([name, [...readCaller(claimed, GRANTED).accounts]]).toEqual([name, []]);
      }
    }
  });

  test.each<[string, Record<string, unknown>]>([
    ['of a user, by the subject alone', { sub: 'alice', client_id: 'cli' }],
    ['of a user, whose client has the name of Entra ID', { sub: 'alice', appid: 'cli' }],
    ['of a user of Entra ID, by the object', { sub: 's', oid: 'o', azp: 'cli', ver: '2.0', roles: ['x'] }],
    ['of an ID token', { sub: 'cli', client_id: 'cli', typ: 'ID' }],
    ['of a user of Cognito, without a user name', { sub: 'alice', client_id: 'cli', token_use: 'access' }],
    [
      'of Cognito, in the dress of Auth0',
      { sub: 'x', client_id: 'cli', token_use: 'access', gty: 'client-credentials' },
    ],
    [
      'of Cognito, in the dress of Entra ID',
      { sub: 'x', client_id: 'cli', token_use: 'access', idtyp: 'app' },
    ],
    ['an ID token of Cognito', { sub: 'cli', client_id: 'cli', token_use: 'id' }],
    ['an ID token, by its nonce', { sub: 'cli', azp: 'cli', nonce: 'n' }],
    ['an ID token, by its hash', { sub: 'cli', azp: 'cli', at_hash: 'h' }],
    ['of a user of Entra ID', { sub: 's', azp: 'cli', ver: '2.0', scp: 'batch-jobs:write' }],
    ['of a user of Entra ID, by idtyp', { sub: 's', azp: 'cli', ver: '2.0', idtyp: 'user' }],
    ['of Entra ID with an odd idtyp', { sub: 's', azp: 'cli', idtyp: ['app'] }],
    ['of a user of Auth0', { sub: 'auth0|1', azp: 'cli', scope: 'openid batch-jobs:write' }],
    ['of a user of Auth0 with a password', { sub: 'auth0|1', azp: 'cli', gty: 'password' }],
    ['of a user of Auth0 who is named like a client', { sub: 'x@clients', azp: 'cli' }],
    ['of a user of Okta', { sub: 'a@b.test', cid: 'cli', uid: '00u1', scp: ['batch-jobs:write'] }],
    ['of a user of Keycloak, light', { sub: 'x', azp: 'cli' }],
    ['of Keycloak with half of what a service account has', { sub: 'x', azp: 'cli', clientHost: '::1' }],
    ['of a user of Duende', { sub: '1', client_id: 'cli', amr: ['pwd'] }],
    ['of an odd client', { sub: 'cli', client_id: ['cli'] }],
    ['of an empty client claim before a granted one', { sub: 'cli', client_id: '', azp: 'cli' }],
    ['of another client before a granted one', { sub: 'other', client_id: 'other', azp: 'cli' }],
    ['of a client in a claim that is none of clientClaims', { sub: 'cli', client: 'cli' }],
    ['with an empty accounts claim', { sub: 'cli', client_id: 'cli', account_ids: [] }],
    ['with null as accounts claim', { sub: 'cli', client_id: 'cli', account_ids: null }],
    ['with an accounts claim that says more', { sub: 'cli', client_id: 'cli', account_ids: '101; DROP' }],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''].map(
      (client): [string, Record<string, unknown>] => [
        `of the client ${JSON.stringify(client)}`,
        { sub: client === '' ? 'x' : client, client_id: client },
      ],
    ),
  ])('are not for a token %s', (_name, claims) => {
    expect([...read(claims, GRANTED).accounts]).toEqual([]);
  });

  test('are not used beside the accounts of the token', () => {
    const claims = { sub: 'cli', client_id: 'cli', account_ids: [7] };
    expect(read(claims, GRANTED).accounts).toEqual(new Set([7]));
    const nested = makeRules({ accountsByClient: { cli: [101] }, accountsClaim: 'fielding.accounts' });
    expect(read({ sub: 'cli', client_id: 'cli', fielding: { accounts: [7] } }, nested).accounts).toEqual(
      new Set([7]),
    );
  });

  test('are not opened by names below __proto__ in the token', () => {
    const text = '{"aud":"jobs","sub":"x","__proto__":{"client_id":"cli","sub":"cli","account_ids":[101]}}';
    expect(readCaller(JSON.parse(text) as Record<string, unknown>, GRANTED).accounts.size).toBe(0);
  });
});

describe('the log of a refusal', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['the accounts', { account_ids: ['x'] }, 'accounts claim: a list of 1 text; scopes claim scope: nothing'],
    ['the scopes', { scope: ['x', 'y'] }, 'accounts claim: nothing; scopes claim scope: a list of 2 texts'],
    [
      'that a client is granted accounts',
      { sub: 'cli', client_id: 'cli' },
      'accounts claim: nothing; accountsByClient used; scopes claim scope: nothing',
    ],
    [
      'why it is not',
      { sub: 'cli', client_id: 'cli', email: 'secret' },
      'accounts claim: nothing; accountsByClient not used: it has the claim email; scopes claim scope: nothing',
    ],
    ...(
      [
        [{ typ: 'ID' }, 'its claim typ is ID'],
        [{ token_use: 'id' }, 'its claim token_use is not access'],
        [{ gty: 'password' }, 'its claim gty is not client-credentials'],
        [{ sub: 'alice' }, 'its claim sub is not the client'],
      ] as const
    ).map(([claims, reason]): [string, Record<string, unknown>, string] => [
      `why it is not: ${reason}`,
      { sub: 'cli', client_id: 'cli', ...claims },
      `accounts claim: nothing; accountsByClient not used: ${reason}; scopes claim scope: nothing`,
    ]),
  ])('says %s', (_name, claims, found) => {
    expect(read(claims, GRANTED).found).toBe(found);
  });

  test('never has a value of a token', () => {
    const secret = 's3cr3t';
    for (const value of [secret, [secret], { [secret]: secret }, [[secret]], [{ [secret]: 1 }]]) {
      const claims = { sub: 'cli', client_id: 'cli', account_ids: value, scope: value, email: value };
      expect(read(claims, GRANTED).found).not.toContain(secret);
      expect(findAudienceFault({ aud: value }, COGNITO)).not.toContain(secret);
    }
  });
});
