/** Serves the status page without a stack; a test sets the events and the contents of the tables. */
import { randomInt } from 'node:crypto';
import { Gateway } from '../../../../tools/local/gateway/server.ts';
import { makeStatusHandler } from '../../../../tools/local/status/status-handler.ts';
import type { JobRow } from '../../../../tools/local/status/job-rows.ts';
import type { QueueRow } from '../../../../tools/local/status/queue-depths.ts';
import { Recorder } from '../../../../tools/local/status/recorder.ts';
import { Status } from '../../../../tools/local/status/status.ts';

export class ServedStatus {
  readonly recorder = new Recorder();
  /** The rows that the next read of the jobs table returns. */
  jobs: JobRow[] = [];
  queues: QueueRow[] = [
    { name: 'Chunks', deadLetters: false, visible: 0, inFlight: 0, delayed: 0 },
    { name: 'DeadLetters', deadLetters: true, visible: 0, inFlight: 0, delayed: 0 },
  ];
  readonly status = new Status(this.recorder);
  #gateway: Gateway | undefined;

  /** @param port by default a free one that can be used again after a stop */
  async start(port?: number): Promise<void> {
    this.#gateway = await (port === undefined ? listenOnStablePort() : Gateway.listen(port, () => undefined));
    this.#gateway.serveLocalRoutes('/_local', makeStatusHandler(this.status));
  }

  /** Lets the page show a serving stack from now on. */
  serve(): void {
    this.status.watch({
      readJobs: () => Promise.resolve(this.jobs),
      readQueues: () => Promise.resolve(this.queues),
      schedules: [{ functionName: 'Reconcile', everySeconds: 60 }],
    });
  }

  get url(): string {
    return this.#gateway?.url ?? '';
  }

  async stop(): Promise<void> {
    await this.#gateway?.close(0);
  }

  /** Records a log line of a function. */
  logLine(functionName: string, level: string, message: string, fields: Record<string, unknown> = {}): void {
    const timestamp = new Date().toISOString();
    this.recorder.log({
      kind: 'function',
      functionName,
      text: JSON.stringify({ level, message, timestamp, service: 'fielding-jobs', ...fields }),
    });
  }
}

/**
 * Listens on a port below the ephemeral ones, because the system could give an ephemeral port to another
 * process while this server is stopped.
 */
async function listenOnStablePort(): Promise<Gateway> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await Gateway.listen(randomInt(20_000, 30_000), () => undefined);
    } catch (error) {
      if (attempt === 10) throw error;
    }
  }
}

export function aRow(overrides: Partial<JobRow> = {}): JobRow {
  return {
    jobId: '4PZRTX185TK4NXJ64MWWSQVWVD',
    action: 'resume',
    accountId: 101,
    projectId: '01JDEM0PR0JECT000000000001',
    createdAt: new Date().toISOString(),
    status: 'Processing',
    total: 1_000,
    settled: 400,
    failed: 0,
    milliseconds: null,
    lastEvent: 'chunk.settled',
    lastAt: Date.now(),
    ...overrides,
  };
}
