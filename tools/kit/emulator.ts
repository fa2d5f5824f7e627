/** How an AWS client calls an emulator of DynamoDB or SQS on this machine. */

export const REGION = 'us-east-1';

/** Accepted by every emulator; letters only, as DynamoDB Local asks. One for all, as it keys its data by it. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The configuration of a client for the emulator at an address. */
export function emulatorAt(endpoint: string, region = REGION) {
  return { endpoint, region, credentials: CREDENTIALS };
}
