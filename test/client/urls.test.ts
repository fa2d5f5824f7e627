/** Tests addresses: a base URL may have a path before `/demand`, and a job must have the same origin. */
import { describe, expect, test } from '@jest/globals';
import { BaseUrl } from '../../client/urls.ts';

const P = 'P'.repeat(26);
const J = 'J'.repeat(26);
const LOCATION = `/demand/accounts/101/projects/${P}/batch-jobs/resume/${J}`;

describe('a base URL', () => {
  test.each([
    ['https://api.example', 'https://api.example'],
    ['https://api.example/', 'https://api.example'],
    ['https://api.example/v1', 'https://api.example/v1'],
    ['https://api.example:8443/stage/v1//', 'https://api.example:8443/stage/v1'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://localhost:3000/v1', 'http://localhost:3000/v1'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('%s leads to the addresses of new and of existing jobs', (text, base) => {
    const url = new BaseUrl(text);
    expect(url.makeCollectionUrl(101, P, 'launch')).toBe(
      `${base}/demand/accounts/101/projects/${P}/batch-jobs/launch-fielding-runs-by-target-group-id`,
    );
    expect(url.makeJobUrl(url.readJobAddress(LOCATION))).toBe(base + LOCATION);
    expect(url.makeJobUrl(url.readJobAddress(base + LOCATION))).toBe(base + LOCATION);
    expect(url.makeJobUrl(url.readJobAddress(`${url.origin}/v1${LOCATION}`))).toBe(base + LOCATION);
  });

  test.each([
    ['api.example', 'expected a URL'],
    ['ftp://api.example', 'expected a URL'],
    ['http://api.example', 'expected https'],
    ['http://127.0.0.1.evil.example', 'expected https'],
    ['https://user:secret@api.example', 'found a user name or password'],
    ['https://api.example/?a', 'expected none of ? and #'],
    ['https://api.example/#a', 'expected none of ? and #'],
    [`https://api.example${LOCATION}`, 'expected what stands before /demand'],
  ])('%s is refused', (text, message) => {
    expect(() => new BaseUrl(text)).toThrow(message);
    expect(() => new BaseUrl(text)).not.toThrow('secret');
  });
});

describe('the address of a job', () => {
  const base = new BaseUrl('https://api.example/v1');

  test('identifies the job by either of its two routes', () => {
    const address = { account: 101, project: P, action: 'resume', jobId: J };
    expect(base.readJobAddress(LOCATION)).toEqual(address);
    expect(
      base.readJobAddress(LOCATION.replace('resume', 'resume-fielding-runs-by-target-group-id')),
    ).toEqual(address);
  });

  test.each([
    `http://api.example${LOCATION}`,
    `https://api.example:444${LOCATION}`,
    `https://api.example@evil.example${LOCATION}`,
    `//evil.example${LOCATION}`,
    `\\\\evil.example${LOCATION}`,
    `https://api.example.evil.example${LOCATION}`,
  ])('%s is refused, because it has another origin', (text) => {
    expect(() => base.readJobAddress(text)).toThrow(
      'expected one of https://api.example: the token is for that alone',
    );
  });

  describe('of an API below a base path', () => {
    const staging = new BaseUrl('https://api.example/staging/v1');

    test.each([
      LOCATION,
      `/v1${LOCATION}`,
      `/staging${LOCATION}`,
      `https://api.example/staging${LOCATION}`,
      `https://api.example/staging/v1${LOCATION}`,
    ])('%s is taken, with /v1 or without', (text) => {
      expect(staging.makeJobUrl(staging.readJobAddress(text))).toBe(
        `https://api.example/staging/v1${LOCATION}`,
      );
    });

    test.each(['/prod', '/prod/v1', '/staging/x', '/x/staging', '/Staging', '/demand'])(
      'is refused below %s: a job of that id may be in both APIs',
      (other) => {
        const text = `https://api.example${other}${LOCATION}`;
        expect(() => staging.readJobAddress(text)).toThrow(
          'expected one below https://api.example/staging/v1',
        );
      },
    );

    test('a Location may have another base path: a proxy may have changed it', () => {
      expect(staging.readLocation(`https://api.example/prod${LOCATION}`)).toMatchObject({ jobId: J });
    });
  });

  test.each([
    '',
    J,
    '/demand',
    LOCATION.replace('101', '0'),
    LOCATION.replace(P, 'p'),
    LOCATION.replace('resume', 'stop'),
    `${LOCATION}/more`,
    `${LOCATION}X`,
    'https://[',
    `/demand/accounts/1/projects/${P}/target-groups/${J}/fielding-runs`,
  ])('%j is refused, because it is not the address of a job', (text) => {
    expect(() => base.readJobAddress(text)).toThrow('expected one like /demand/accounts/');
  });
});
