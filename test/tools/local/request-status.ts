/** Sends a request unchanged, because fetch sets the header Host itself and normalizes paths. */
import { request } from 'node:http';

/** Sends a request and returns the status of its answer. */
export function readStatus(
  url: string,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    request({ hostname, port, path, headers, method }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}
