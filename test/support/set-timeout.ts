/** What waits for something that never comes ends by this; no test asserts how long anything takes. */
import { jest } from '@jest/globals';

jest.setTimeout(300_000);
