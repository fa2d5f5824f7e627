/** Prepares a suite: a test that hangs ends after 5 minutes, and the X-Ray SDK gets no hooks. */
import asyncHooks from 'node:async_hooks';
import { jest } from '@jest/globals';
import { createHook } from '../../src/observability/no-async-hooks.ts';

// No test asserts how long anything takes.
jest.setTimeout(300_000);

// As in the bundle. Hooks cannot be switched off again: the simulator took 99 s instead of 7 s in a process
// that had loaded the SDK in earlier suites.
Object.assign(asyncHooks, { createHook });
