/** The answers of DynamoDB and SQS to a call that they do not let in, as the AWS SDK understands them. */

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON */
  readonly body: string;
}

const JSON_1_0 = { 'content-type': 'application/x-amz-json-1.0' };

/** How one service refuses. */
export interface Refusals {
  /** @param reason in AWS's words */
  accessDenied(reason: string): Refusal;
  /** For credentials that belong to nobody. */
  unknownCaller(): Refusal;
  /** For a body that is no JSON. */
  malformed(): Refusal;
}

const INVALID_TOKEN = 'The security token included in the request is invalid.';

/** All with 400, as DynamoDB does it. */
export const dynamodbRefusals: Refusals = {
  accessDenied: (reason) =>
    refusal(400, { __type: 'com.amazon.coral.service#AccessDeniedException', Message: reason }),
  unknownCaller: () =>
    refusal(400, { __type: 'com.amazon.coral.service#UnrecognizedClientException', message: INVALID_TOKEN }),
  malformed: () => refusal(400, { __type: 'com.amazon.coral.service#SerializationException' }),
};

/** The header carries the name that an error had before SQS spoke JSON, and that the SDK still reports as code. */
export const sqsRefusals: Refusals = {
  accessDenied: (reason) =>
    refusal(
      403,
      { __type: 'com.amazon.coral.service#AccessDeniedException', message: reason },
      { 'x-amzn-query-error': 'AccessDenied;Sender' },
    ),
  unknownCaller: () =>
    refusal(
      403,
      { __type: 'com.amazon.coral.service#UnrecognizedClientException', message: INVALID_TOKEN },
      { 'x-amzn-query-error': 'InvalidClientTokenId;Sender' },
    ),
  malformed: () => refusal(400, { __type: 'com.amazon.coral.service#SerializationException' }),
};

function refusal(status: number, error: object, headers: Record<string, string> = {}): Refusal {
  return { status, headers: { ...JSON_1_0, ...headers }, body: JSON.stringify(error) };
}
