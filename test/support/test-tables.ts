/**
 * Makes the tables of the template for tests, on the DynamoDB at DYNAMODB_ENDPOINT (Amazon's DynamoDB Local,
 * in CI) or on an embedded dynalite (ADR 15).
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { makeEmulatorConfig } from '../../tools/kit/emulator.ts';
import { listenOnLoopback } from '../../tools/kit/loopback.ts';
import { makeTables } from '../../tools/local/infrastructure.ts';
import { readAssembly } from '../../tools/local/read-assembly.ts';
import { synthesize } from '../../tools/local/synth.ts';
import { makeReferences } from '../../tools/local/template/references.ts';
import { readTables, type Table } from '../../tools/local/template/read-tables.ts';
import { makeDynamoDBClient } from '../../src/adapters/dynamodb/dynamodb-client.ts';

export interface TestTables {
  readonly client: DynamoDBClient;
  readonly jobs: string;
  readonly targetGroups: string;
  readonly idempotency: string;
  readonly keySets: string;
  close(): Promise<void>;
}

/**
 * On a busy machine an answer of the emulator may take longer than the functions wait. The repeat of a write
 * then finds the write itself, which no test here means.
 */
const PATIENT = { requestHandler: { connectionTimeout: 30_000, requestTimeout: 60_000 } };

/** Makes the four tables under unique names, so that suites that run at once do not share data. */
export async function openTables(): Promise<TestTables> {
  const given = process.env['DYNAMODB_ENDPOINT'];
  const embedded =
    given === undefined
      ? await listenOnLoopback(dynalite({ createTableMs: 0, deleteTableMs: 0 }))
      : undefined;
  const client = makeDynamoDBClient({ ...makeEmulatorConfig(given ?? embedded?.url ?? ''), ...PATIENT });

  const run = randomUUID();
  const tables = (await readTableDefinitions()).map((table) => ({
    ...table,
    name: `${table.logicalId}-${run}`,
  }));
  await makeTables(client, tables);
  const findName = (part: string): string => {
    const matches = tables.filter(({ logicalId }) => logicalId.includes(part));
    if (matches.length !== 1) throw new Error(`${matches.length} tables are named like ${part}`);
    return matches[0]?.name ?? '';
  };
  return {
    client,
    jobs: findName('TablesJobs'),
    targetGroups: findName('TablesTargetGroups'),
    idempotency: findName('TablesIdempotency'),
    keySets: findName('TablesKeySets'),
    close: async () => {
      await Promise.all(tables.map(({ name }) => client.send(new DeleteTableCommand({ TableName: name }))));
      client.destroy();
      await embedded?.close();
    },
  };
}

let definitions: Promise<readonly Table[]> | undefined;

/** Reads the tables of the template as the local stack does. */
export function readTableDefinitions(): Promise<readonly Table[]> {
  definitions ??= synthesizeOnce();
  return definitions;
}

/** Synthesizes the stack, unless another suite of this run did: it takes more than a second. */
async function synthesizeOnce(): Promise<readonly Table[]> {
  const folder = process.env['RUN_FOLDER'];
  if (folder === undefined) return synthesizeTables();
  const file = join(folder, 'tables.json');
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as Table[];
  const tables = await synthesizeTables();
  await mkdir(folder, { recursive: true });
  // Complete before it has its name: another suite may read it by then.
  const unnamed = join(folder, randomUUID());
  await writeFile(unnamed, JSON.stringify(tables));
  await rename(unnamed, file);
  return tables;
}

async function synthesizeTables(): Promise<readonly Table[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tables-'));
  try {
    await synthesize(folder, { 'aws:cdk:bundling-stacks': [] });
    const { template } = await readAssembly(folder);
    return readTables(template, makeReferences(template, { apiUrl: '', findQueueUrl: () => undefined }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
