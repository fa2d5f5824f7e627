/**
 * Runs one function alone in a process, so that the CPU time and memory of the process are those of the
 * function. It receives events by IPC and answers each with its measurements.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface HostAnswer {
  readonly payload: string;
  /** Wall time from the call of the handler to its answer. */
  readonly ms: number;
  /** CPU time of all threads, including compilation and garbage collection. */
  readonly cpuMs: number;
  /** The peak of the process's memory so far, in MB. */
  readonly peakMb: number;
}

const url = process.argv[2];
const before = process.cpuUsage();
// Without a module, the process measures the bare runtime.
const module = url === undefined || url === '' ? {} : ((await import(url)) as Record<string, unknown>);
const loaded = process.cpuUsage(before);
const handler = module['handler'];

process.on('disconnect', () => process.exit());
process.on('message', (event: string) => {
  void runEvent(event);
});
process.send?.({ loadCpuMs: (loaded.user + loaded.system) / 1_000, peakMb: readPeakMb() });

async function runEvent(event: string): Promise<void> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const deadline = Date.now() + 60_000;
  const result: unknown =
    typeof handler === 'function'
      ? await (handler as (event: unknown, context: unknown) => unknown)(JSON.parse(event), {
          awsRequestId: randomUUID(),
          functionName: 'bench',
          functionVersion: '$LATEST',
          invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:bench',
          memoryLimitInMB: '512',
          getRemainingTimeInMillis: () => deadline - Date.now(),
        })
      : null;
  const payload = JSON.stringify(result ?? null);
  const used = process.cpuUsage(cpu);
  process.send?.({
    payload,
    ms: performance.now() - start,
    cpuMs: (used.user + used.system) / 1_000,
    peakMb: readPeakMb(),
  } satisfies HostAnswer);
}

/**
 * Reads the peak from Linux: the one of `resourceUsage` includes the memory of the parent process at the
 * fork.
 */
function readPeakMb(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return kilobytes === undefined ? process.resourceUsage().maxRSS / 1_024 : Number(kilobytes) / 1_024;
}
