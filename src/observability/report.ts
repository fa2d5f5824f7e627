/** Everything that happens is reported here: it becomes a log line, and what it adds to the metrics. */
import type { MiddlewareObj } from '@middy/core';
import type { Journal, Subject } from '../ports/journal.ts';
import { EmbeddedMetrics } from './emf.ts';
import type { Report } from './events.ts';
import { logInvocation, writeLine } from './logger.ts';
import { SERVICE } from './metric-names.ts';
import { measurementsOf } from './metrics.ts';

const metrics = new EmbeddedMetrics({
  namespace: process.env['POWERTOOLS_METRICS_NAMESPACE'] ?? SERVICE,
  service: process.env['POWERTOOLS_SERVICE_NAME'] ?? SERVICE,
  write: (line) => {
    // Not by console.log: Lambda puts a prefix before what that prints, and CloudWatch would find no metrics
    // in it.
    if (process.env['POWERTOOLS_METRICS_DISABLED'] !== 'true') process.stdout.write(`${line}\n`);
  },
});

/** @param subject what is known besides what the report itself says */
export function report(what: Report, subject?: Subject): void {
  writeLine(what, subject);
  for (const measurement of measurementsOf(what)) metrics.add(measurement);
}

/** The journal of the use cases. */
export const journal: Journal = { note: report };

/**
 * What every invocation of a function needs: lines that name it, and its metrics written at its end, however
 * it ends. Those of one that is killed are lost. The first middlewares, so that they end last.
 */
export function reportInvocation(): MiddlewareObj[] {
  const flush = () => {
    metrics.flush(Date.now());
  };
  return [{ after: flush, onError: flush }, ...logInvocation()];
}
