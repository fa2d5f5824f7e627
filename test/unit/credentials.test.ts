/** The functions' own provider of credentials says what the SDK's chain would say in Lambda. */
import { afterEach, expect, test } from '@jest/globals';
import { defaultProvider as chain } from '@aws-sdk/credential-provider-node';
import { defaultProvider } from '../../src/runtime/credentials.ts';

const LAMBDA = { AWS_ACCESS_KEY_ID: 'ASIAX', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
const before = { ...process.env };

afterEach(() => {
  for (const name of [...Object.keys(LAMBDA), 'AWS_PROFILE']) delete process.env[name];
  Object.assign(process.env, before);
});

test('with the keys that Lambda sets, the same as the chain of the SDK', async () => {
  delete process.env['AWS_PROFILE'];
  Object.assign(process.env, LAMBDA);
  const expected = { accessKeyId: 'ASIAX', secretAccessKey: 'secret', sessionToken: 'token' };
  expect(await chain()()).toMatchObject(expected);
  expect(await defaultProvider()()).toMatchObject(expected);
});

test('without them, an error that says where they were looked for', async () => {
  for (const name of Object.keys(LAMBDA)) delete process.env[name];
  await expect(defaultProvider()()).rejects.toThrow(/environment/);
});
