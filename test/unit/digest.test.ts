/**
 * The digests as literals that another program computed. Stored jobs and idempotency records bear them: with
 * another digest a repeated call would create a second job, or be refused as one with other target groups.
 */
import { expect, test } from '@jest/globals';
import { deriveJobId, hashIds } from '../../src/domain/digest.ts';

test('the id of a job', () => {
  // Of the walk in the README.
  const tenant = { accountId: 101, projectId: '01JDEM0PR0JECT000000000001' };
  expect(deriveJobId({ ...tenant, action: 'resume', idempotencyKey: 'walk-1' })).toBe(
    '4PZRTX185TK4NXJ64MWWSQVWVD',
  );
  expect(
    deriveJobId({
      accountId: 2_147_483_647,
      projectId: 'PR0JECT0000000000000000001',
      action: 'relaunch',
      idempotencyKey: 'k "ä" \\ 1',
    }),
  ).toBe('3HBAQZ5XT9KEGWY41PM63VDBQM');
});

test('the hash of a request: the SHA-256 of its ids, joined by commas', () => {
  const [one, other] = ['01JDEM0TARGETGR0VP10000001', '01JDEM0TARGETGR0VP10000002'];
  expect(hashIds([one])).toBe('75a1661aeee5ad3503addd8b59a1e43f33a333594c5067b58868e3af1dd38ccd');
  expect(hashIds([one, other])).toBe('1289568dcaaa2a2fb0adec39d6244bacf51e00a3c17aa7a612fd6816adfa60ab');
});
