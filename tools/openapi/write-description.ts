/**
 * `npm run openapi`: writes docs/openapi.yaml; with `--record`, first records its examples on a local stack.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runCommand } from '../kit/command.ts';
import { ALL_SCOPES, DEFAULT_SUBJECT } from '../local/issuer.ts';
import { PROJECT } from '../kit/project.ts';
import { startLocalStack } from '../local/local-stack.ts';
import { renderDescription } from '../../api/openapi/description.ts';
import { EXAMPLES_FILE, type Examples, makeExamples, readExamples } from '../../api/openapi/examples.ts';
import { playScenario } from '../../api/openapi/scenario.ts';

const USAGE = `npm run openapi -- [--record]

Writes docs/openapi.yaml from the schemas, the routes and the table of actions.

  --record   first records the examples again, on a local stack of its own
  --help
`;

const OPTIONS = {
  record: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

await runCommand(async (argv) => {
  const { values } = parseArgs({ args: argv, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (values.record) {
    await writeFile(EXAMPLES_FILE, `${JSON.stringify(await recordExamples(), undefined, 2)}\n`);
  }
  await writeFile(join(PROJECT, 'docs', 'openapi.yaml'), renderDescription(readExamples()));
});

async function recordExamples(): Promise<Examples> {
  const stack = await startLocalStack();
  try {
    const calls = await playScenario({
      send: async ({ method, path, headers, body }) => {
        const response = await fetch(stack.url + path, {
          method,
          headers,
          ...(body !== undefined && { body }),
        });
        return { status: response.status, headers: response.headers, text: await response.text() };
      },
      getToken: (...accounts) =>
        stack.issuer.sign({
          accounts,
          scope: ALL_SCOPES,
          subject: DEFAULT_SUBJECT,
          ttlSeconds: 3_600,
        }),
      pause: () => pause(150),
    });
    return makeExamples(calls);
  } finally {
    await stack.stop();
  }
}
