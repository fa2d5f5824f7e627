/** not-found: answers 404 on every route that no other function serves. */
import type { FunctionSpecFor } from './bundled-function.ts';

export function notFound(): FunctionSpecFor<object> {
  return {
    description: 'Answers every unknown route',
    // A constant answer: nothing to speed up but the cold start, for which few wait.
    memorySize: 256,
    // Calls nothing that could keep it waiting.
    timeoutSeconds: 5,
    // It answers everybody the same.
    verifiesTokens: false,
    // Of the unknown routes nothing is measured.
    reportsMetrics: false,
    environment: {},
    grants: [],
  };
}
