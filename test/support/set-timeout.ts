/** Ends a test that hangs after 5 minutes; no test asserts how long anything takes. */
import { jest } from '@jest/globals';

jest.setTimeout(300_000);
