/** The root folder of this project. */
import { join } from 'node:path';

export const PROJECT = join(import.meta.dirname, '../..');
