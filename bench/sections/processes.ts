/** Memory and CPU time of each function, in a process of its own that works on a job of 10,000 target groups. */
import { setTimeout as pause } from 'node:timers/promises';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { environmentOf } from '../../local/functions/environment.ts';
import { sqsEvent } from '../../local/sqs-event.ts';
import { median } from '../report/figures.ts';
import { Host } from '../world/host.ts';
import { answerOf, createEvent, statusEvent } from '../world/requests.ts';
import { lists, type TargetGroupSet } from '../world/target-groups.ts';
import { sendingTo, type World } from '../world/world.ts';

export interface ProcessFigures {
  /** The most memory beyond that of the bare runtime, MB. */
  readonly peakMb: Readonly<Record<'create-job' | 'get-job' | 'worker' | 'reconcile', number>>;
  /** CPU time of a warm invocation, ms: the median. */
  readonly createCpuMs: Readonly<Record<100 | 10_000, number>>;
  readonly statusCpuMs: Readonly<Record<100 | 10_000, number>>;
  readonly chunkCpuMs: Readonly<Record<100 | 200, number>>;
  readonly reconcileCpuMs: number;
}

/** Warm invocations whose CPU time is looked at, and those before them. */
const REPEATS = 9;
const WARM_UP = 3;
const WARM_CHUNKS = 10;
const SMALL_JOBS = 9;

export async function measureProcesses(world: World, groups: TargetGroupSet): Promise<ProcessFigures> {
  const queueUrl = await world.newQueue();
  await groups.reset();
  const worker = world.lambda('worker');
  const env = environmentOf(worker, world.stores, 'bench');
  const bare = await Host.start('', env, worker.memoryMegabytes);
  await bare.invoke('{}');
  const { peakMb: bareMb } = await bare.invoke('{}');
  await bare.stop();

  // What the calls that are measured send is worked on by nobody.
  const measured = sendingTo(await world.newQueue(), world.lambda('create-job'), world);
  const creator = await Host.of(world, measured);
  const small = groups.ids.slice(0, 100);
  const created = {
    small: await creates(creator, world, groups, small),
    large: await creates(creator, world, groups, groups.ids),
  };
  const sender = await Host.of(world, sendingTo(queueUrl, world.lambda('create-job'), world));
  const last = async (ids: readonly string[]) => {
    const answer = await sender.invoke(createEvent(world, groups.tenant, ids));
    return answerOf(answer.payload, 201).headers['location'] ?? '';
  };
  const chunks = await Host.of(world, worker);
  const largeJob = await last(groups.ids);
  const largeChunks = await workOff(chunks, world, queueUrl);
  // Warm by now; of the small jobs each has one chunk, of half the size.
  await groups.reset();
  let smallJob = '';
  for (const ids of lists(groups.ids, SMALL_JOBS, 100)) smallJob = await last(ids);
  const smallChunks = await workOff(chunks, world, queueUrl);

  const reader = await Host.of(world, world.lambda('get-job'));
  const read = { small: await reads(reader, world, smallJob), large: await reads(reader, world, largeJob) };
  const reconciler = await Host.of(world, world.lambda('reconcile'));
  const reconciled = await invocations(reconciler, () => '{}');

  const peaks = {
    'create-job': created.large.peakMb,
    'get-job': read.large.peakMb,
    worker: largeChunks.peakMb,
    reconcile: await endingPeakMb(world, groups, reader),
  };
  for (const host of [creator, sender, chunks, reader, reconciler]) await host.stop();
  return {
    peakMb: Object.fromEntries(
      Object.entries(peaks).map(([name, mb]) => [name, mb - bareMb]),
    ) as ProcessFigures['peakMb'],
    createCpuMs: { 100: median(created.small.cpuMs), 10_000: median(created.large.cpuMs) },
    statusCpuMs: { 100: median(read.small.cpuMs), 10_000: median(read.large.cpuMs) },
    chunkCpuMs: { 100: median(smallChunks.cpuMs), 200: median(largeChunks.cpuMs.slice(WARM_CHUNKS)) },
    reconcileCpuMs: median(reconciled.cpuMs),
  };
}

/**
 * The most that reconcile has to do: a job of 10,000 that nobody worked on is past its deadline.
 * @param reader of the job's status
 * @returns the peak of its memory, MB
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
    const { status } = JSON.parse(answerOf(payload, 200).body ?? '') as { status: string };
    if (status !== 'Processing') {
      await reconciler.stop();
      return peakMb;
    }
    // Its next look is a second away.
    await pause(500);
  }
}

interface Taken {
  readonly cpuMs: number[];
  readonly peakMb: number;
}

async function invocations(host: Host, event: () => string, expected?: number): Promise<Taken> {
  const cpuMs: number[] = [];
  let peak = 0;
  for (let i = 0; i < WARM_UP + REPEATS; i += 1) {
    const answer = await host.invoke(event());
    if (expected !== undefined) answerOf(answer.payload, expected);
    if (i >= WARM_UP) cpuMs.push(answer.cpuMs);
    peak = answer.peakMb;
  }
  return { cpuMs, peakMb: peak };
}

function creates(
  host: Host,
  world: World,
  { tenant }: TargetGroupSet,
  ids: readonly string[],
): Promise<Taken> {
  return invocations(host, () => createEvent(world, tenant, ids), 201);
}

function reads(host: Host, world: World, location: string): Promise<Taken> {
  return invocations(host, () => statusEvent(world, location), 200);
}

/** Has the worker work on every message of the queue, batch by batch as the mapping says. */
async function workOff(host: Host, world: World, queueUrl: string): Promise<Taken> {
  const cpuMs: number[] = [];
  let peak = 0;
  for (;;) {
    const messages = await receive(world, queueUrl);
    if (messages.length === 0) return { cpuMs, peakMb: peak };
    const {
      payload,
      cpuMs: cpu,
      peakMb,
    } = await host.invoke(JSON.stringify(sqsEvent(messages, world.source.queueArn)));
    const { batchItemFailures } = JSON.parse(payload) as { batchItemFailures: unknown[] };
    if (batchItemFailures.length > 0) throw new Error('a chunk failed');
    cpuMs.push(cpu);
    peak = peakMb;
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
