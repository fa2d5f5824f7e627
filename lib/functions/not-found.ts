/** not-found: answers 404 on every route that no other function serves, and 204 to preflights. */
import type { FunctionSpecFor } from './bundled-function.ts';

export function specifyNotFound(): FunctionSpecFor<object> {
  return {
    description: 'Answers every unknown route',
    // The answer is constant, so more memory would only shorten the cold start, for which few clients wait.
    memorySize: 256,
    // The function calls nothing that it could wait for.
    timeoutSeconds: 5,
    // All clients get the same answer.
    verifiesTokens: false,
    fetchesKeys: false,
    // There are no metrics of unknown routes.
    reportsMetrics: false,
    environment: {},
    grants: [],
  };
}
