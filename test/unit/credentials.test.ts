/** The functions' own provider of credentials says what the SDK's chain would say in Lambda. */
import { afterEach, expect, test } from '@jest/globals';
import { defaultProvider as chain } from '@aws-sdk/credential-provider-node';
import { defaultProvider } from '../../src/adapters/lambda/credentials.ts';

const before = process.env;

afterEach(() => {
  process.env = before;
});

test('with the keys that Lambda sets, the same as the chain of the SDK', async () => {
  process.env = { AWS_ACCESS_KEY_ID: 'ASIAX', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
  const expected = { accessKeyId: 'ASIAX', secretAccessKey: 'secret', sessionToken: 'token' };
  expect(await chain()()).toMatchObject(expected);
  expect(await defaultProvider()()).toMatchObject(expected);
});

test('without them, an error that says where they were looked for', async () => {
  process.env = {};
  await expect(defaultProvider()()).rejects.toThrow(/environment/);
});
