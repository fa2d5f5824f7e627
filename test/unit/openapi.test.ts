/** Tests that the description of the API is complete, well-formed and generated from the code (ADR 25). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import fc from 'fast-check';
import { describeApi, renderDescription } from '../../api/openapi/description.ts';
import { readExamples } from '../../api/openapi/examples.ts';
import { ROUTES } from '../../api/routes.ts';
import { FieldingJobsError } from '../../src/domain/errors.ts';
import { parseCreateRequest } from '../../src/http/create-request.ts';
import { DESCRIPTION_FILE, type Document, readDescription } from '../rigs/conformance/read-description.ts';
import { SchemaCheck } from '../rigs/conformance/schema-check.ts';

const text = readFileSync(DESCRIPTION_FILE, 'utf8');

test('docs/openapi.yaml is up to date; if not, run: npm run openapi', () => {
  expect(text).toBe(renderDescription(readExamples()));
});

test('every route is described, under each of its prefixes, and no other', () => {
  const { servers, paths } = readDescription();
  const described = servers.flatMap(({ url }) =>
    Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((name) => name !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${url.replace(/\/$/, '')}${path}`),
    ),
  );
  expect(described.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
});

test('the description is of the version of OpenAPI 3.1 that every generator of clients takes', () => {
  expect(text).toMatch(/^openapi: 3\.1\.0$/m);
});

describe('the linter', () => {
  /** Runs all rules but the one that requires a licence, because the API is published under none. */
  async function lintDescription(source: string): Promise<string[]> {
    // As text: the compiler takes two seconds for the type of a configuration.
    const config = await createConfig(
      JSON.stringify({
        extends: ['recommended-strict'],
        rules: {
          'info-license': 'off',
          'no-invalid-media-type-examples': 'error',
          'no-invalid-parameter-examples': 'error',
          'no-invalid-schema-examples': 'error',
        },
      }),
    );
    const problems = await lintFromString({ source, absoluteRef: '/openapi.yaml', config });
    return problems.map(({ ruleId, message }) => `${ruleId}: ${message}`);
  }

  test('finds no problem in the description', async () => {
    expect(await lintDescription(text)).toEqual([]);
  });

  test.each([
    ['operationId: createPauseJob', 'operationId: createResumeJob', 'operation-operationId-unique'],
    ['example: 101', 'example: 0', 'no-invalid-parameter-examples'],
    ['status: Completed', 'status: Done', 'no-invalid-media-type-examples'],
    ['      summary: Follow a pause job\n', '', 'operation-summary'],
    ['$ref: "#/components/schemas/Job"', '$ref: "#/components/schemas/Jobs"', 'no-unresolved-refs'],
  ])('finds the problem if %j becomes %j', async (from, to, rule) => {
    expect(text).toContain(from);
    expect(await lintDescription(text.replace(from, to))).toEqual([expect.stringContaining(rule)]);
  });
});

describe('the body of a create call', () => {
  const MAX = 3;
  const document = describeApi(readExamples()) as unknown as Document;
  const schema = document.components.schemas['CreateJob'] ?? {};
  const limited = JSON.parse(
    JSON.stringify(schema).replace('"x-max-distinct-items":10000', `"x-max-distinct-items":${MAX}`),
  ) as typeof schema;
  const schemas = new SchemaCheck(document);

  const refuses = (body: string, max: number): boolean => {
    const headers = { 'idempotency-key': 'k' };
    try {
      parseCreateRequest({ routeKey: '', path: {}, headers, body }, max);
      return false;
    } catch (error) {
      if (error instanceof FieldingJobsError) return true;
      throw error;
    }
  };

  const goodId = fc.constantFrom('A', 'B', 'C', 'D').map((letter) => letter.repeat(26));
  const anId = fc.oneof(
    { weight: 8, arbitrary: goodId },
    {
      weight: 1,
      arbitrary: fc.string({
        unit: fc.constantFrom('0', 'Z', 'a', '-', '\n', 'Ä'),
        minLength: 25,
        maxLength: 27,
      }),
    },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
  const ids = fc.oneof(
    { weight: 6, arbitrary: fc.array(goodId, { maxLength: 8 }) },
    { weight: 3, arbitrary: fc.array(anId, { maxLength: 8 }) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
  const body = fc.oneof(
    { weight: 6, arbitrary: ids.map((target_group_ids) => JSON.stringify({ target_group_ids })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          ids,
          fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString')),
          fc.jsonValue(),
        )
        .map(
          ([list, name, value]) =>
            `{"target_group_ids":${JSON.stringify(list)},${JSON.stringify(name)}:${JSON.stringify(value)}}`,
        ),
    },
    { weight: 1, arbitrary: fc.json() },
  );

  test('is accepted exactly if the description allows it', () => {
    let accepted = 0;
    fc.assert(
      fc.property(body, (sent) => {
        const described = schemas.findFault(limited, JSON.parse(sent)) !== undefined;
        if (!described) accepted += 1;
        expect({ sent, refused: refuses(sent, MAX) }).toEqual({ sent, refused: described });
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(200);
  });

  test('may name at most 10,000 distinct target groups, each any number of times', () => {
    const many = Array.from({ length: 10_001 }, (_, index) => String(index).padStart(26, '0'));
    for (const [list, refused] of [
      [many.slice(1), false],
      [[...many.slice(1), ...many.slice(1)], false],
      [many, true],
    ] as const) {
      const sent = { target_group_ids: list };
      expect(schemas.findFault(schema, sent) !== undefined).toBe(refused);
      expect(refuses(JSON.stringify(sent), 10_000)).toBe(refused);
    }
  });
});
