/** What a log line consists of, and what of a text may stand in it: a client's text must not become as it likes. */
import { LogFormatter, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';

/** A text that is longer is cut. */
const MAX_TEXT = 1_000;
const MAX_STACK = 5_000;

/**
 * What JSON leaves as it is, though it breaks a line or changes how one is shown: DEL and the C1 controls,
 * the separators of lines and paragraphs, and the marks that turn the direction of writing.
 */
const UNPRINTABLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The line of Powertools' own formatter without `function_arn`, which names the AWS account, and without what
 * is the same on every line of a deployment: the memory of the function, and the share of debug samples.
 */
export class LineFormatter extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, additional: LogAttributes): LogItem {
    const { lambdaContext } = attributes;
    return new LogItem({
      attributes: {
        level: attributes.logLevel,
        message: attributes.message,
        timestamp: this.formatTimestamp(attributes.timestamp),
        service: attributes.serviceName,
        cold_start: lambdaContext?.coldStart,
        function_name: lambdaContext?.functionName,
        function_request_id: lambdaContext?.awsRequestId,
        xray_trace_id: attributes.xRayTraceId,
      },
    }).addAttributes(additional);
  }
}

/**
 * A text as a line has it: cut, and without characters that break lines.
 *
 * @param key the name of the field that it is the value of
 */
export function lineText(text: string, key: string): string {
  const limit = key === 'stack' ? MAX_STACK : MAX_TEXT;
  const kept = text.length > limit ? `${text.slice(0, limit)}... of ${text.length} characters` : text;
  return kept.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
