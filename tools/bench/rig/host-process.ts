/**
 * A process that runs one function and nothing else, so that its CPU time and its memory are those of the
 * function. Takes events by IPC and answers each with what it took.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface HostAnswer {
  readonly payload: string;
  /** From the call of the handler to its answer. */
  readonly ms: number;
  /** Of all threads: compiling and collecting garbage included. */
  readonly cpuMs: number;
  /** The most memory that the process has had so far, MB. */
  readonly peakMb: number;
}

const url = process.argv[2];
const before = process.cpuUsage();
// Without a module it is the bare runtime.
const module = url === undefined || url === '' ? {} : ((await import(url)) as Record<string, unknown>);
const loaded = process.cpuUsage(before);
const handler = module['handler'];

process.on('disconnect', () => process.exit());
process.on('message', (event: string) => {
  void answer(event);
});
process.send?.({ loadCpuMs: (loaded.user + loaded.system) / 1_000, peakMb: peakMb() });

async function answer(event: string): Promise<void> {
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
    peakMb: peakMb(),
  } satisfies HostAnswer);
}

/** As Linux has it of this very program: what `resourceUsage` tells begins with the memory of the parent process. */
function peakMb(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return kilobytes === undefined ? process.resourceUsage().maxRSS / 1_024 : Number(kilobytes) / 1_024;
}
