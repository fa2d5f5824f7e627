/** Tests what a trace shows of an error: nothing that a client sent or that is stored (ADR 33). */
import { expect, test } from '@jest/globals';
import { UnauthenticatedError } from '../../src/domain/errors.ts';
import { makeTraceableError } from '../../src/observability/traceable-error.ts';

test('an error of ours has its message, and its frames', () => {
  const shown = makeTraceableError(
    new UnauthenticatedError('The token does not verify.', { reason: 'secret' }),
  );
  expect(shown).toMatchObject({ name: 'UnauthenticatedError', message: 'The token does not verify.' });
  expect(shown.stack).toMatch(/^UnauthenticatedError: The token does not verify\.\n +at /);
  expect(JSON.stringify(shown)).not.toContain('secret');
});

test.each([
  ['another error', new RangeError('secret\n    in two lines'), 'RangeError'],
  ['a text', 'secret', 'Error'],
  ['nothing', undefined, 'Error'],
])('of %s only the name and the frames are shown', (_name, thrown, name) => {
  const shown = makeTraceableError(thrown);
  expect(shown).toMatchObject({ name, message: 'The log has the message.' });
  expect(shown.stack).toMatch(new RegExp(`^${name}: The log has the message\\.\\n +at `));
  expect(JSON.stringify(shown)).not.toContain('secret');
});
