/** Tests which addresses an issuer of tokens and its keys may have. */
import { expect, test } from '@jest/globals';
import { isIssuerAddress } from '../../src/domain/issuer-address.ts';

test.each([
  ['https://id.test'],
  ['https://id.test:8443/realms/buyers/'],
  ['http://localhost:8080/'],
  ['http://127.0.0.1:8080'],
  ['http://[::1]:8080/keys'],
])('%s is an address of an issuer', (address) => {
  expect(isIssuerAddress(address)).toBe(true);
});

test.each([
  ['', 'empty'],
  ['id.test', 'no URL'],
  ['https://id.test/ ', 'a space'],
  ['https://id.test/\n', 'the end of a line'],
  ['ftp://id.test/', 'a protocol without keys'],
  ['http://id.test/', 'http to another machine'],
  ['http://localhost.id.test/', 'a name that begins like this machine'],
  ['http://127.0.0.1@id.test/', 'a user named like this machine'],
  ['https://user:secret@id.test/', 'a user and a password'],
  ['https://user@id.test/', 'a user'],
  ['https://:secret@id.test/', 'a password'],
])('%j is none: %s', (address) => {
  expect(isIssuerAddress(address)).toBe(false);
});
