/** Stands in for `npm start`: starts the stack on a free port, interrupts it, and ends with its exit code. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { startStack } from '../../start-stack.ts';

// The stack runs in the folder of the project, so names of files in this folder become absolute.
const args = process.argv
  .slice(2)
  .filter((arg) => arg !== '--')
  .map((arg) => (existsSync(arg) ? resolve(arg) : arg));
const stack = await startStack(args);
console.log(stack.printed.join('\n'));
process.exitCode = (await stack.stop()) ?? 1;
