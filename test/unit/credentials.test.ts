/** Tests that the functions' provider of credentials gives the same as the SDK's chain in Lambda (ADR 28). */
import { afterEach, expect, test } from '@jest/globals';
import { defaultProvider as chain } from '@aws-sdk/credential-provider-node';
import { defaultProvider } from '../../src/adapters/lambda/credentials.ts';

const before = process.env;

afterEach(() => {
  process.env = before;
});

test('the variables that Lambda sets give the same credentials as the chain of the SDK', async () => {
  process.env = { AWS_ACCESS_KEY_ID: 'ASIAX', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
  const expected = { accessKeyId: 'ASIAX', secretAccessKey: 'secret', sessionToken: 'token' };
  expect(await chain()()).toMatchObject(expected);
  expect(await defaultProvider()()).toMatchObject(expected);
});

test('missing variables are an error that names the environment', async () => {
  process.env = {};
  await expect(defaultProvider()()).rejects.toThrow(/environment/);
});
