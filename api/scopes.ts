/** The scopes of tokens. Neither includes the other. */
import type { Operation } from './routes.ts';

export const SCOPES = ['batch-jobs:write', 'batch-jobs:read'] as const;

export type Scope = (typeof SCOPES)[number];

/** The scope that each operation needs. */
export const SCOPE_OF: Readonly<Record<Operation, Scope>> = {
  createJob: 'batch-jobs:write',
  getJob: 'batch-jobs:read',
  getFieldingRuns: 'batch-jobs:read',
};
