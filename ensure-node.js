/**
 * Runs a program on Node.js 24 or later, which can run the TypeScript sources; npm scripts load this file
 * first (`--import`). An older Node.js hands over to the one in node_modules, or exits with one line that
 * says what to do (ADR 31). This file is JavaScript because the older Node.js runs it.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const PARENT_CHECK_MILLISECONDS = 250;

if (Number.parseInt(process.versions.node, 10) < 24) {
  const node = findInstalledNode();
  if (node === undefined) {
    console.error(
      `Node.js ${process.versions.node} cannot run the TypeScript of this project. ` +
        'Run `npm ci` with its optional packages, which bring one that can, or install Node.js 24 or later.',
    );
    process.exit(1);
  }
  await handOver(node);
}

/** Finds the Node.js that npm installed for this platform, one of the optional dependencies. */
function findInstalledNode() {
  const inProject = (path) => fileURLToPath(new URL(path, import.meta.url));
  const { optionalDependencies } = JSON.parse(readFileSync(inProject('package.json'), 'utf8'));
  return Object.keys(optionalDependencies)
    .flatMap((name) => ['node', 'node.exe'].map((file) => inProject(`node_modules/${name}/bin/${file}`)))
    .find((path) => existsSync(path));
}

/** Runs this process's command line on that Node.js, and exits when it exits, with the same exit code. */
function handOver(node) {
  process.env.PATH = [dirname(node), process.env.PATH].join(delimiter);
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' });
  child.on('error', (error) => {
    console.error(`${node} does not start (${error.message}). Install Node.js 24 or later yourself.`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
  // A terminal sends SIGINT to both processes. Other signals reach only this process and are passed on.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // The shell that npm started this process in may end without a signal: then the child is ended, too.
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill();
  }, PARENT_CHECK_MILLISECONDS);
  return new Promise(() => undefined);
}
