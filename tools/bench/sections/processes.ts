/** Measures memory and CPU time of each function in its own process, with a job of 10,000 target groups. */
import { setTimeout as pause } from 'node:timers/promises';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { JobBody } from '../../../api/answers.ts';
import { environmentOf } from '../../local/functions/environment.ts';
import { sqsEvent } from '../../local/sqs-event.ts';
import { WRITE_CPU_MS } from '../dollars.ts';
import { median } from '../report/figures.ts';
import { Host } from '../rig/host.ts';
import { answerOf, createEvent, statusEvent } from '../rig/requests.ts';
import { lists, type TargetGroupSet } from '../rig/target-groups.ts';
import { sendingTo, type World } from '../rig/world.ts';
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

export async function measureProcesses(world: World, groups: TargetGroupSet): Promise<ProcessFigures> {
  const queueUrl = await world.newQueue();
  await groups.reset();
  const yardstick = await Yardstick.open(world);
  const worker = world.lambda('worker');
  const env = environmentOf(worker, world.stores, 'bench');
  const bare = await Host.start('', env, worker.memoryMegabytes);
  await bare.invoke('{}');
  const { peakMb: bareMb } = await bare.invoke('{}');
  await bare.stop();

  // Nothing reads the messages of the measured create calls.
  const measured = sendingTo(await world.newQueue(), world.lambda('create-job'), world);
  const creator = await Host.of(world, measured);
  const small = groups.ids.slice(0, 100);
  const created = {
    small: await creates(creator, yardstick, world, groups, small),
    large: await creates(creator, yardstick, world, groups, groups.ids),
  };
  const sender = await Host.of(world, sendingTo(queueUrl, world.lambda('create-job'), world));
  const last = async (ids: readonly string[]) => {
    const answer = await sender.invoke(createEvent(world, groups.tenant, ids));
    return answerOf(answer.payload, 201).headers['location'] ?? '';
  };
  const chunks = await Host.of(world, worker);
  const largeJob = await last(groups.ids);
  const largeChunks = await workOff(chunks, yardstick, world, queueUrl);
  // The worker is warm now. Each small job has one chunk, of half the usual size.
  await groups.reset();
  let smallJob = '';
  for (const ids of lists(groups.ids, SMALL_JOBS, 100)) smallJob = await last(ids);
  const smallChunks = await workOff(chunks, yardstick, world, queueUrl);

  const reader = await Host.of(world, world.lambda('get-job'));
  const read = {
    small: await reads(reader, yardstick, world, smallJob, WARM_UP.small),
    large: await reads(reader, yardstick, world, largeJob, WARM_UP.large),
  };

  const peaks = {
    'create-job': created.large.peakMb,
    'get-job': read.large.peakMb,
    worker: largeChunks.peakMb,
    reconcile: await endingPeakMb(world, groups, reader),
  };
  for (const host of [creator, sender, chunks, reader, yardstick]) await host.stop();
  const { writeCpuMs } = yardstick;
  const cpuOf = (writes: readonly number[]) => median(writes) * WRITE_CPU_MS;
  return {
    peakMb: Object.fromEntries(
      Object.entries(peaks).map(([name, mb]) => [name, mb - bareMb]),
    ) as ProcessFigures['peakMb'],
    writeCpuMs,
    createCpuMs: { 100: cpuOf(created.small.writes), 10_000: cpuOf(created.large.writes) },
    statusCpuMs: { 100: cpuOf(read.small.writes), 10_000: cpuOf(read.large.writes) },
    chunkCpuMs: { 100: cpuOf(smallChunks.writes), 200: cpuOf(largeChunks.writes.slice(WARM_UP.chunks)) },
  };
}

/**
 * Measures reconcile with its largest work: it settles a whole job of 10,000 target groups after the
 * deadline.
 * @param reader the process of get-job, which reads the job's status
 * @returns the peak of reconcile's memory, in MB
 */
async function endingPeakMb(world: World, groups: TargetGroupSet, reader: Host): Promise<number> {
  const unread = await world.newQueue();
  const hurried = (name: 'create-job' | 'reconcile') => {
    const lambda = sendingTo(unread, world.lambda(name), world);
    return { ...lambda, environment: { ...lambda.environment, STALLED_SECONDS: '1', DEADLINE_SECONDS: '2' } };
  };
  const creator = await Host.of(world, hurried('create-job'));
  const created = await creator.invoke(createEvent(world, groups.tenant, groups.ids));
  const job = answerOf(created.payload, 201).headers['location'] ?? '';
  await creator.stop();
  const reconciler = await Host.of(world, hurried('reconcile'));
  for (;;) {
    const { peakMb } = await reconciler.invoke('{}');
    const { payload } = await reader.invoke(statusEvent(world, job));
    const { status } = JSON.parse(answerOf(payload, 200).body ?? '') as JobBody;
    if (status !== 'Processing') {
      await reconciler.stop();
      return peakMb;
    }
    // Reconcile looks at the job again after a second.
    await pause(500);
  }
}

interface Taken {
  /** CPU time of each invocation, in bare writes. */
  readonly writes: number[];
  readonly peakMb: number;
}

async function invocations(
  host: Host,
  yardstick: Yardstick,
  event: () => string,
  { warmUp, expected }: { readonly warmUp: number; readonly expected?: number },
): Promise<Taken> {
  const writes: number[] = [];
  let peak = 0;
  const invoke = async () => {
    const answer = await host.invoke(event());
    if (expected !== undefined) answerOf(answer.payload, expected);
    peak = answer.peakMb;
    return answer;
  };
  for (let i = 0; i < warmUp; i += 1) await invoke();
  for (let i = 0; i < REPEATS; i += 1) writes.push((await yardstick.beside(invoke)).writes);
  return { writes, peakMb: peak };
}

function creates(
  host: Host,
  yardstick: Yardstick,
  world: World,
  { tenant }: TargetGroupSet,
  ids: readonly string[],
): Promise<Taken> {
  return invocations(host, yardstick, () => createEvent(world, tenant, ids), {
    warmUp: ids.length > 100 ? WARM_UP.large : WARM_UP.small,
    expected: 201,
  });
}

function reads(
  host: Host,
  yardstick: Yardstick,
  world: World,
  location: string,
  warmUp: number,
): Promise<Taken> {
  return invocations(host, yardstick, () => statusEvent(world, location), { warmUp, expected: 200 });
}

/** Runs the worker on all messages of the queue, with the batch size of the event source mapping. */
async function workOff(host: Host, yardstick: Yardstick, world: World, queueUrl: string): Promise<Taken> {
  const writes: number[] = [];
  let peak = 0;
  for (;;) {
    const messages = await receive(world, queueUrl);
    if (messages.length === 0) return { writes, peakMb: peak };
    const event = JSON.stringify(sqsEvent(messages, world.source.queueArn));
    const answer = await yardstick.beside(() => host.invoke(event));
    const { batchItemFailures } = JSON.parse(answer.payload) as { batchItemFailures: unknown[] };
    if (batchItemFailures.length > 0) throw new Error('a chunk failed');
    writes.push(answer.writes);
    peak = answer.peakMb;
    for (const { ReceiptHandle } of messages) {
      await world.sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
  }
}

async function receive(world: World, queueUrl: string): Promise<Message[]> {
  const { Messages = [] } = await world.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: world.source.batchSize,
      WaitTimeSeconds: 0,
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return Messages;
}
