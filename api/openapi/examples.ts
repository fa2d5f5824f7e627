/** The examples of the description: answers of a running stack, as they were recorded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_PROGRESS } from '../header-names.ts';
import type { Recorded } from './scenario.ts';

export const EXAMPLES_FILE = join(import.meta.dirname, 'examples.json');

export interface Example {
  /** Method and path. */
  readonly request: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent when it is empty. */
  readonly body?: unknown;
}

export type Examples = Readonly<Record<string, Example>>;

/** Headers of the connection and of the gateway, none of the contract. */
const NOT_OURS = new Set(['apigw-requestid', 'connection', 'content-length', 'date', 'keep-alive']);

export function readExamples(): Examples {
  return JSON.parse(readFileSync(EXAMPLES_FILE, 'utf8')) as Examples;
}

/** What of recorded calls is kept. */
export function examplesOf(calls: Readonly<Record<string, Recorded>>): Examples {
  return Object.fromEntries(
    Object.entries(calls).map(([name, { request, answer }]) => [
      name,
      {
        request: `${request.method} ${request.path}`,
        status: answer.status,
        headers: Object.fromEntries([...answer.headers].filter(([header]) => !NOT_OURS.has(header))),
        ...(answer.text !== '' && { body: JSON.parse(answer.text) as unknown }),
      },
    ]),
  );
}

/** The same without what differs by run: times, traces, ids of errors, and how far a job under way is. */
export function masked(examples: Examples): unknown {
  const text = JSON.stringify(examples)
    .replace(/"id":"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/g, '"id":"UUID"')
    .replace(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g, '"TIME"')
    .replace(/\b[0-9a-f]{32}-[0-9a-f]{16}\b/g, 'TRACE-SPAN')
    .replace(/fielding-jobs=[0-9a-f]{16}\b/g, 'fielding-jobs=SPAN');
  return JSON.parse(text, (key, value: unknown) =>
    key === 'processing' ? withoutProgress(value as Example) : value,
  );
}

function withoutProgress(example: Example): Example {
  const { [JOB_PROGRESS]: progress = '', ...headers } = example.headers;
  return { ...example, headers: { ...headers, [JOB_PROGRESS]: progress.replace(/^\d+\//, 'N/') } };
}
