/** Measures memory and CPU time of each function in its own process, with a job of 10,000 target groups. */
import { setTimeout as pause } from 'node:timers/promises';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { JobBody } from '../../../api/answers.ts';
import { makeEnvironment } from '../../local/functions/function-environment.ts';
import { makeSqsEvent } from '../../local/sqs-event.ts';
import { WRITE_CPU_MS } from '../dollars.ts';
import { computeMedian } from '../report/figures.ts';
import { Host } from '../rig/host.ts';
import { parseAnswer, makeCreateEvent, makeStatusEvent } from '../rig/gateway-events.ts';
import { splitIds, type TargetGroupSet } from '../rig/target-group-set.ts';
import { replaceQueueUrl, type BenchRig } from '../rig/bench-rig.ts';
import { Yardstick } from '../rig/yardstick.ts';

export interface ProcessFigures {
  /** Peak memory beyond that of the bare runtime, in MB. */
  readonly peakMb: Readonly<Record<'create-job' | 'get-job' | 'worker' | 'reconcile', number>>;
  /** CPU time of one bare write on this machine, in ms. */
  readonly writeCpuMs: number;
  /** Median CPU time of a warm invocation in ms as on Lambda, by the number of target groups. */
  readonly createCpuMs: Readonly<Record<100 | 10_000, number>>;
  readonly statusCpuMs: Readonly<Record<100 | 10_000, number>>;
  readonly chunkCpuMs: Readonly<Record<100 | 200, number>>;
}

/** Number of measured warm invocations; the worker has more. */
const REPEATS = 11;
/** Number of invocations before the measured ones, until the code is compiled. */
const WARM_UP = { small: 30, large: 3, chunks: 20 };
const SMALL_JOBS = 25;

export async function measureProcesses(rig: BenchRig, groups: TargetGroupSet): Promise<ProcessFigures> {
  const queueUrl = await rig.createQueue();
  await groups.reset();
  const yardstick = await Yardstick.open(rig);
  const worker = rig.findFunction('worker');
  const env = makeEnvironment(worker, rig.stores, 'bench');
  const bare = await Host.start('', env, worker.memoryMegabytes);
  await bare.invoke('{}');
  const { peakMb: bareMb } = await bare.invoke('{}');
  await bare.stop();

  // Nothing reads the messages of the measured create calls.
  const measured = replaceQueueUrl(await rig.createQueue(), rig.findFunction('create-job'), rig);
  const creator = await Host.startFunction(rig, measured);
  const small = groups.ids.slice(0, 100);
  const created = {
    small: await measureCreates(creator, yardstick, rig, groups, small),
    large: await measureCreates(creator, yardstick, rig, groups, groups.ids),
  };
  const sender = await Host.startFunction(
    rig,
    replaceQueueUrl(queueUrl, rig.findFunction('create-job'), rig),
  );
  const sendCreate = async (ids: readonly string[]) => {
    const answer = await sender.invoke(makeCreateEvent(rig, groups.tenant, ids));
    return parseAnswer(answer.payload, 201).headers['location'] ?? '';
  };
  const chunks = await Host.startFunction(rig, worker);
  const largeJob = await sendCreate(groups.ids);
  const largeChunks = await runWorker(chunks, yardstick, rig, queueUrl);
  // The worker is warm now. Each small job has one chunk, of half the usual size.
  await groups.reset();
  let smallJob = '';
  for (const ids of splitIds(groups.ids, SMALL_JOBS, 100)) smallJob = await sendCreate(ids);
  const smallChunks = await runWorker(chunks, yardstick, rig, queueUrl);

  const reader = await Host.startFunction(rig, rig.findFunction('get-job'));
  const read = {
    small: await measureReads(reader, yardstick, rig, smallJob, WARM_UP.small),
    large: await measureReads(reader, yardstick, rig, largeJob, WARM_UP.large),
  };

  const peaks = {
    'create-job': created.large.peakMb,
    'get-job': read.large.peakMb,
    worker: largeChunks.peakMb,
    reconcile: await measureEndingPeakMb(rig, groups, reader),
  };
  for (const host of [creator, sender, chunks, reader, yardstick]) await host.stop();
  const { writeCpuMs } = yardstick;
  const computeCpuMs = (writes: readonly number[]) => computeMedian(writes) * WRITE_CPU_MS;
  return {
    peakMb: Object.fromEntries(
      Object.entries(peaks).map(([name, mb]) => [name, mb - bareMb]),
    ) as ProcessFigures['peakMb'],
    writeCpuMs,
    createCpuMs: { 100: computeCpuMs(created.small.writes), 10_000: computeCpuMs(created.large.writes) },
    statusCpuMs: { 100: computeCpuMs(read.small.writes), 10_000: computeCpuMs(read.large.writes) },
    chunkCpuMs: {
      100: computeCpuMs(smallChunks.writes),
      200: computeCpuMs(largeChunks.writes.slice(WARM_UP.chunks)),
    },
  };
}

/**
 * Measures reconcile with its largest work: it settles a whole job of 10,000 target groups after the
 * deadline.
 * @param reader the process of get-job, which reads the job's status
 * @returns the peak of reconcile's memory, in MB
 */
async function measureEndingPeakMb(rig: BenchRig, groups: TargetGroupSet, reader: Host): Promise<number> {
  const unread = await rig.createQueue();
  const withShortTimes = (name: 'create-job' | 'reconcile') => {
    const lambda = replaceQueueUrl(unread, rig.findFunction(name), rig);
    return { ...lambda, environment: { ...lambda.environment, STALLED_SECONDS: '1', DEADLINE_SECONDS: '2' } };
  };
  const creator = await Host.startFunction(rig, withShortTimes('create-job'));
  const created = await creator.invoke(makeCreateEvent(rig, groups.tenant, groups.ids));
  const job = parseAnswer(created.payload, 201).headers['location'] ?? '';
  await creator.stop();
  const reconciler = await Host.startFunction(rig, withShortTimes('reconcile'));
  for (;;) {
    const { peakMb } = await reconciler.invoke('{}');
    const { payload } = await reader.invoke(makeStatusEvent(rig, job));
    const { status } = JSON.parse(parseAnswer(payload, 200).body ?? '') as JobBody;
    if (status !== 'Processing') {
      await reconciler.stop();
      return peakMb;
    }
    // Reconcile looks at the job again after a second.
    await pause(500);
  }
}

interface InvocationFigures {
  /** CPU time of each invocation, in bare writes. */
  readonly writes: number[];
  readonly peakMb: number;
}

async function measureInvocations(
  host: Host,
  yardstick: Yardstick,
  event: () => string,
  { warmUp, expected }: { readonly warmUp: number; readonly expected?: number },
): Promise<InvocationFigures> {
  const writes: number[] = [];
  let peak = 0;
  const invoke = async () => {
    const answer = await host.invoke(event());
    if (expected !== undefined) parseAnswer(answer.payload, expected);
    peak = answer.peakMb;
    return answer;
  };
  for (let i = 0; i < warmUp; i += 1) await invoke();
  for (let i = 0; i < REPEATS; i += 1) writes.push((await yardstick.measureBetweenWrites(invoke)).writes);
  return { writes, peakMb: peak };
}

function measureCreates(
  host: Host,
  yardstick: Yardstick,
  rig: BenchRig,
  { tenant }: TargetGroupSet,
  ids: readonly string[],
): Promise<InvocationFigures> {
  return measureInvocations(host, yardstick, () => makeCreateEvent(rig, tenant, ids), {
    warmUp: ids.length > 100 ? WARM_UP.large : WARM_UP.small,
    expected: 201,
  });
}

function measureReads(
  host: Host,
  yardstick: Yardstick,
  rig: BenchRig,
  location: string,
  warmUp: number,
): Promise<InvocationFigures> {
  return measureInvocations(host, yardstick, () => makeStatusEvent(rig, location), { warmUp, expected: 200 });
}

/** Runs the worker on all messages of the queue, with the batch size of the event source mapping. */
async function runWorker(
  host: Host,
  yardstick: Yardstick,
  rig: BenchRig,
  queueUrl: string,
): Promise<InvocationFigures> {
  const writes: number[] = [];
  let peak = 0;
  for (;;) {
    const messages = await receiveMessages(rig, queueUrl);
    if (messages.length === 0) return { writes, peakMb: peak };
    const event = JSON.stringify(makeSqsEvent(messages, rig.source.queueArn));
    const answer = await yardstick.measureBetweenWrites(() => host.invoke(event));
    const { batchItemFailures } = JSON.parse(answer.payload) as { batchItemFailures: unknown[] };
    if (batchItemFailures.length > 0) throw new Error('a chunk failed');
    writes.push(answer.writes);
    peak = answer.peakMb;
    for (const { ReceiptHandle } of messages) {
      await rig.sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
  }
}

async function receiveMessages(rig: BenchRig, queueUrl: string): Promise<Message[]> {
  const { Messages = [] } = await rig.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: rig.source.batchSize,
      WaitTimeSeconds: 0,
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return Messages;
}
