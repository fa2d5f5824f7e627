/** Reports events: each becomes a log line and adds to the metrics. */
import type { MiddlewareObj } from '@middy/core';
import type { Journal, Subject } from '../ports/journal.ts';
import { EmbeddedMetrics } from './embedded-metrics.ts';
import type { Report } from './events.ts';
import { logInvocation, writeLine } from './logger.ts';
import { SERVICE } from './metric-names.ts';
import { listMeasurements } from './metrics.ts';

const metrics = new EmbeddedMetrics({
  namespace: process.env['POWERTOOLS_METRICS_NAMESPACE'] ?? SERVICE,
  service: process.env['POWERTOOLS_SERVICE_NAME'] ?? SERVICE,
  write: (line) => {
    // Not with console.log: Lambda adds a prefix to its lines, and CloudWatch would find no metrics in them.
    if (process.env['POWERTOOLS_METRICS_DISABLED'] !== 'true') process.stdout.write(`${line}\n`);
  },
});

/** @param subject further facts about what the report concerns */
export function report(what: Report, subject?: Subject): void {
  writeLine(what, subject);
  for (const measurement of listMeasurements(what)) metrics.add(measurement);
}

/** The journal that functions give to their use cases. */
export const journal: Journal = { note: report };

/**
 * Middlewares of every function: log lines name the invocation, and its metrics are written at its end, also
 * after an error. The metrics of an invocation that is killed are lost.
 *
 * They must be the first middlewares of a handler, so that they run last at the end.
 */
export function reportInvocation(): MiddlewareObj[] {
  const flush = () => {
    metrics.flush(Date.now());
  };
  return [{ after: flush, onError: flush }, ...logInvocation()];
}
