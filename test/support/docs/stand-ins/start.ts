/** `npm start` with its options, on a free port, until it serves: then it is interrupted, and must end well. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { startStack } from '../../local-stack.ts';

// The stack is started in the project's own folder: files are those of this one.
const args = process.argv
  .slice(2)
  .filter((arg) => arg !== '--')
  .map((arg) => (existsSync(arg) ? resolve(arg) : arg));
const stack = await startStack(args);
console.log(stack.printed.join('\n'));
process.exitCode = (await stack.stop()) ?? 1;
