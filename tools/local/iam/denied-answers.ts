/** Makes the answers of DynamoDB and SQS to denied calls, in the form that the AWS SDK expects. */

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON */
  readonly body: string;
}

const JSON_1_0 = { 'content-type': 'application/x-amz-json-1.0' };

/** The answers of one service to calls that it refuses. */
export interface Refusals {
  /** @param reason the message, in the words of AWS */
  accessDenied(reason: string): Refusal;
  /** Answers a call with unknown credentials. */
  unknownCaller(): Refusal;
  /** Answers a call whose body is not JSON. */
  malformed(): Refusal;
}

const INVALID_TOKEN = 'The security token included in the request is invalid.';

/** DynamoDB answers each of these errors with status 400. */
export const dynamodbRefusals: Refusals = {
  accessDenied: (reason) =>
    makeRefusal(400, { __type: 'com.amazon.coral.service#AccessDeniedException', Message: reason }),
  unknownCaller: () =>
    makeRefusal(400, {
      __type: 'com.amazon.coral.service#UnrecognizedClientException',
      message: INVALID_TOKEN,
    }),
  malformed: () => makeRefusal(400, { __type: 'com.amazon.coral.service#SerializationException' }),
};

/** The header contains the error's code of SQS's older query protocol, which the SDK still reports. */
export const sqsRefusals: Refusals = {
  accessDenied: (reason) =>
    makeRefusal(
      403,
      { __type: 'com.amazon.coral.service#AccessDeniedException', message: reason },
      { 'x-amzn-query-error': 'AccessDenied;Sender' },
    ),
  unknownCaller: () =>
    makeRefusal(
      403,
      { __type: 'com.amazon.coral.service#UnrecognizedClientException', message: INVALID_TOKEN },
      { 'x-amzn-query-error': 'InvalidClientTokenId;Sender' },
    ),
  malformed: () => makeRefusal(400, { __type: 'com.amazon.coral.service#SerializationException' }),
};

function makeRefusal(status: number, error: object, headers: Record<string, string> = {}): Refusal {
  return { status, headers: { ...JSON_1_0, ...headers }, body: JSON.stringify(error) };
}
