/** The fields of a log line, and the limits for the texts in it, which may come from clients. */
import { LogFormatter, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';

/** Longest text, in characters. */
const MAX_TEXT = 1_000;
/** Longest stack trace, in characters. */
const MAX_STACK = 5_000;

/**
 * Characters that JSON does not escape, but that break a line or change its display: DEL and C1 controls,
 * line and paragraph separators, and marks that change the direction of writing.
 */
const UNPRINTABLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Formats lines as Powertools does, but without `function_arn`, which contains the AWS account id, and
 * without the fields that are the same on every line: memory size and sampling rate.
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
 * Cuts a text to the limit of its field, and escapes the characters that break lines.
 *
 * @param key name of the field
 */
export function sanitizeText(text: string, key: string): string {
  const limit = key === 'stack' ? MAX_STACK : MAX_TEXT;
  const kept = text.length > limit ? `${text.slice(0, limit)}... of ${text.length} characters` : text;
  return kept.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
