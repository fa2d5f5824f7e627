/** Mutants that are no faults: the program does the same, or nothing that anybody relies on is different. */

export interface EquivalentMutant {
  readonly file: string;
  /** The lines, as `npm run mutate` prints them. */
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

const MESSAGE = 'It is the message of an error, for people. The class and the evidence say the same.';
const TIE = 'Which of two jobs that are due in the same millisecond comes first is not promised.';
const SIGN = 'Only the sign counts.';
const EMPTY_TURN = 'A turn in which no account has a job adds nothing to the order.';
const TOGETHER = 'The expression matches with all of its groups, or not at all.';

export const EQUIVALENT: readonly EquivalentMutant[] = [
  {
    file: 'src/adapters/dynamodb/open-jobs-index.ts',
    before: 'return createdAt === undefined || projectId === undefined || jobId === undefined',
    after: 'return createdAt === undefined || projectId === undefined && jobId === undefined',
    reason: 'A page begins behind a whole job, or behind an account.',
  },
  {
    file: 'src/adapters/dynamodb/open-jobs-index.ts',
    before: 'return createdAt === undefined || projectId === undefined || jobId === undefined',
    after: 'return createdAt === undefined && projectId === undefined || jobId === undefined',
    reason: 'A page begins behind a whole job, or behind an account.',
  },
  {
    file: 'src/application/admission.ts',
    before: '#estimate = { value: 0, until: 0 };',
    after: '#estimate = { value: 0, until: 1 };',
    reason: 'Both times are in 1970.',
  },
  {
    file: 'src/application/admission.ts',
    before: '#estimate = { value: 0, until: 0 };',
    after: '#estimate = { value: 1, until: 0 };',
    reason: 'The time of the value is over from the start, so that it is never used.',
  },
  {
    file: 'src/application/admission.ts',
    before: "if (use.jobs >= maxOpenJobsPerAccount) return { limit: 'account-jobs', by: 0 };",
    after: "if (use.jobs >= maxOpenJobsPerAccount) return { limit: 'account-jobs', by: 1 };",
    reason: 'One target group is moved within the shortest wait.',
  },
  {
    file: 'src/application/read-open-jobs.ts',
    before: 'oldest: undefined,',
    after: '...{},',
    reason: 'A property that is missing is undefined.',
  },
  {
    file: 'src/application/read-open-jobs.ts',
    before: 'let read = { accountId: 0, jobs: 0, targetGroups: 0 };',
    after: 'let read = { accountId: 1, jobs: 0, targetGroups: 0 };',
    reason:
      'Only a pass that goes on behind another account remembers whom it has seen. Account 1 is the first.',
  },
  {
    file: 'src/application/read-open-jobs.ts',
    before: 'let read = { accountId: 0, jobs: 0, targetGroups: 0 };',
    after: 'let read = { accountId: 0, jobs: 0, targetGroups: 1 };',
    reason: 'There is no account 0: the first job begins the count of its account.',
  },
  {
    file: 'src/application/read-open-jobs.ts',
    before: 'if (!fromBeginning) seen.add(accountId);',
    after: 'if (true) seen.add(accountId);',
    reason: 'From the beginning on, the jobs of an account stand together: it is not met again.',
  },
  {
    file: 'src/application/reconcile.ts',
    before: '(await messages.catch(() => 0)) > BACKLOG_PER_WORKER * settings.workers;',
    after: '(await messages.catch(() => 1)) > BACKLOG_PER_WORKER * settings.workers;',
    reason: 'A queue with one message is as little full as one with none.',
  },
  {
    file: 'src/application/reconcile.ts',
    before: 'const due = { ...job, look: job.look };',
    after: 'const due = { ...job, ...{} };',
    reason: 'The copy has the look already; the property is there for the type.',
  },
  {
    file: 'src/application/reconcile.ts',
    before: "return 'wait';",
    after: "return '';",
    reason: 'The caller asks only whether the step was to withhold.',
  },
  {
    file: 'src/application/retry.ts',
    before: "override readonly name = 'OutOfTimeError';",
    after: "override readonly name = '';",
    reason: 'The caller takes its cause and throws the error away, before anything is logged.',
  },
  {
    file: 'src/application/retry.ts',
    before: "const why = 'A write without an answer may still arrive.';",
    after: "const why = '';",
    reason: MESSAGE,
  },
  {
    file: 'src/application/run-chunk.ts',
    before: 'if (result.moved) return { targetGroupId };',
    after: 'if (result.moved) return { ...{} };',
    reason: 'A worker counts its outcomes and stores the failures; of one that was updated it needs no id.',
  },
  {
    file: 'src/application/run-chunk.ts',
    before: 'const writes = { begun: claim.begun, certainFrom: start };',
    after: 'const writes = { begun: claim.begun, ...{} };',
    reason: 'A time that is past is waited for as little as none.',
  },
  {
    file: 'src/application/take-turns.ts',
    before: 'const byDue = [...jobs].sort((a, b) => (a.dueAt < b.dueAt ? -1 : Number(a.dueAt > b.dueAt)));',
    after: 'const byDue = [...jobs].sort((a, b) => (a.dueAt <= b.dueAt ? -1 : Number(a.dueAt > b.dueAt)));',
    reason: TIE,
  },
  {
    file: 'src/application/take-turns.ts',
    before: 'const byDue = [...jobs].sort((a, b) => (a.dueAt < b.dueAt ? -1 : Number(a.dueAt > b.dueAt)));',
    after: 'const byDue = [...jobs].sort((a, b) => (a.dueAt < b.dueAt ? -1000 : Number(a.dueAt > b.dueAt)));',
    reason: SIGN,
  },
  {
    file: 'src/application/take-turns.ts',
    before: 'const byDue = [...jobs].sort((a, b) => (a.dueAt < b.dueAt ? -1 : Number(a.dueAt > b.dueAt)));',
    after: 'const byDue = [...jobs].sort((a, b) => (a.dueAt < b.dueAt ? -2 : Number(a.dueAt > b.dueAt)));',
    reason: SIGN,
  },
  {
    file: 'src/application/take-turns.ts',
    before: 'const byDue = [...jobs].sort((a, b) => (a.dueAt < b.dueAt ? -1 : Number(a.dueAt > b.dueAt)));',
    after: 'const byDue = [...jobs].sort((a, b) => (a.dueAt < b.dueAt ? -1 : Number(a.dueAt >= b.dueAt)));',
    reason: TIE,
  },
  {
    file: 'src/application/take-turns.ts',
    before: 'const turn = taken.get(job.accountId) ?? 0;',
    after: 'const turn = taken.get(job.accountId) ?? 1;',
    reason: EMPTY_TURN,
  },
  {
    file: 'src/application/take-turns.ts',
    before: 'taken.set(job.accountId, turn + 1);',
    after: 'taken.set(job.accountId, turn + 2);',
    reason: EMPTY_TURN,
  },
  {
    file: 'src/application/take-turns.ts',
    before: 'taken.set(job.accountId, turn + 1);',
    after: 'taken.set(job.accountId, turn + 1000);',
    reason: EMPTY_TURN,
  },
  {
    file: 'src/domain/outcome.ts',
    before: "case 'move':",
    after: "case '':",
    reason: 'Without a case the switch ends, and the function returns undefined all the same.',
  },
  {
    file: 'src/domain/trace.ts',
    before:
      'if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) {',
    after:
      'if (version === undefined || traceId === undefined && spanId === undefined || flags === undefined) {',
    reason: TOGETHER,
  },
  {
    file: 'src/domain/trace.ts',
    before:
      'if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) {',
    after:
      'if (version === undefined || traceId === undefined || spanId === undefined && flags === undefined) {',
    reason: TOGETHER,
  },
  {
    file: 'src/domain/trace.ts',
    before:
      'if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) {',
    after:
      'if (version === undefined && traceId === undefined || spanId === undefined || flags === undefined) {',
    reason: TOGETHER,
  },
  {
    file: 'src/domain/trace.ts',
    before: 'if (time === undefined || random === undefined) return undefined;',
    after: 'if (time === undefined && random === undefined) return undefined;',
    reason: TOGETHER,
  },
  {
    file: 'src/http/auth.ts',
    before:
      'if (token === undefined || signature === undefined || token.length > MAX_TOKEN_LENGTH) return undefined;',
    after:
      'if (token === undefined || signature === undefined && token.length > MAX_TOKEN_LENGTH) return undefined;',
    reason: TOGETHER,
  },
  {
    file: 'src/http/auth.ts',
    before:
      'if (token === undefined || signature === undefined || token.length > MAX_TOKEN_LENGTH) return undefined;',
    after:
      'if (token === undefined && signature === undefined || token.length > MAX_TOKEN_LENGTH) return undefined;',
    reason: TOGETHER,
  },
  {
    file: 'src/http/create-request.ts',
    before: 'if (name !== IDS && faults.length < MAX_FAULTS) {',
    after: 'if (name !== IDS && faults.length <= MAX_FAULTS) {',
    reason: 'The answer takes MAX_FAULTS of the list. The bound here only keeps the list short.',
  },
  {
    file: 'src/adapters/powertools/once.ts',
    before: "refuseLaterFormat('The record of a creation', remembered[FORMAT] ?? 1, CREATION_FORMAT);",
    after: "refuseLaterFormat('', remembered[FORMAT] ?? 1, CREATION_FORMAT);",
    reason: MESSAGE,
  },
  {
    file: 'src/http/read-claims.ts',
    before: 'for (let count = parts.length - 1; count > 0; count -= 1) {',
    after: 'for (let count = parts.length + 1; count > 0; count -= 1) {',
    reason: 'No claim has the whole name: that was looked for before.',
  },
  {
    file: 'src/http/record-request.ts',
    before: 'return;',
    after: ';',
    reason: 'A segment that was discarded is not sent when it ends.',
  },
  {
    file: 'src/http/remote-keys.ts',
    before: 'if (stored === undefined || stored.fetchedAt <= (this.#keys?.fetchedAt ?? -Infinity)) return;',
    after: 'if (stored === undefined || stored.fetchedAt <= (this.#keys?.fetchedAt)) return;',
    reason: 'No number is less than undefined either.',
  },
];
