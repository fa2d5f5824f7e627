/** Reads and makes the examples of the description: recorded answers of a running stack (ADR 25). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_PROGRESS } from '../header-names.ts';
import type { RecordedCall } from './scenario.ts';

export const EXAMPLES_FILE = join(import.meta.dirname, 'examples.json');

interface Example {
  /** Method and path, separated by a space. */
  readonly request: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent when the answer has no body. */
  readonly body?: unknown;
}

export type Examples = Readonly<Record<string, Example>>;

/** Headers of the connection and of API Gateway, which are not part of the contract. */
const HEADERS_LEFT_OUT = new Set(['apigw-requestid', 'connection', 'content-length', 'date', 'keep-alive']);

export function readExamples(): Examples {
  return JSON.parse(readFileSync(EXAMPLES_FILE, 'utf8')) as Examples;
}

/** Makes the examples from recorded calls, without the request headers and bodies. */
export function makeExamples(calls: Readonly<Record<string, RecordedCall>>): Examples {
  return Object.fromEntries(
    Object.entries(calls).map(([name, { request, answer }]) => [
      name,
      {
        request: `${request.method} ${request.path}`,
        status: answer.status,
        headers: Object.fromEntries([...answer.headers].filter(([header]) => !HEADERS_LEFT_OUT.has(header))),
        ...(answer.text !== '' && { body: JSON.parse(answer.text) as unknown }),
      },
    ]),
  );
}

/**
 * Masks the values that differ between runs: times, traces, ids of errors, and the progress of a job that is
 * still processing.
 */
export function maskVolatileValues(examples: Examples): unknown {
  const text = JSON.stringify(examples)
    .replace(/"id":"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/g, '"id":"UUID"')
    .replace(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g, '"TIME"')
    // With the flag, which says whether the stack samples: only the one of the tests does.
    .replace(/\b[0-9a-f]{32}-[0-9a-f]{16}-0[01]\b/g, 'TRACE-SPAN-FLAG')
    .replace(/fielding-jobs=[0-9a-f]{16}\b/g, 'fielding-jobs=SPAN');
  return JSON.parse(text, (key, value: unknown) =>
    key === 'processing' ? maskProgress(value as Example) : value,
  );
}

function maskProgress(example: Example): Example {
  const { [JOB_PROGRESS]: progress = '', ...headers } = example.headers;
  return { ...example, headers: { ...headers, [JOB_PROGRESS]: progress.replace(/^\d+\//, 'N/') } };
}
