/** Answers bytes that are not a valid HTTP request with an error in the form of API Gateway. */
import { randomUUID } from 'node:crypto';
import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { getErrorCode } from '../../kit/tool-errors.ts';
import { type GatewayResponse, makeGatewayMessage } from './response.ts';

const BAD_REQUEST = makeGatewayMessage(400, 'Bad Request');
const TIMEOUT = makeGatewayMessage(408, 'Request Timeout');
const HEADERS_TOO_LARGE = makeGatewayMessage(431, 'Request Header Fields Too Large');

/** Makes the server answer unparsable bytes, too large headers, late requests and CONNECT with a body. */
export function refuseMalformedRequests(server: Server): void {
  server.on('clientError', (error, socket) => {
    refuse(socket, chooseAnswer(getErrorCode(error)));
  });
  server.on('connect', (_request, socket) => {
    refuse(socket, BAD_REQUEST);
  });
}

function chooseAnswer(code: string | undefined): GatewayResponse {
  if (code === 'HPE_HEADER_OVERFLOW') return HEADERS_TOO_LARGE;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? TIMEOUT : BAD_REQUEST;
}

function refuse(socket: Duplex, { status, headers, body }: GatewayResponse): void {
  // Without a listener, a client that disconnects now would cause an unhandled error.
  socket.on('error', () => undefined);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`),
    `content-length: ${body.length}`,
    `apigw-requestid: ${randomUUID()}`,
    'connection: close',
  ];
  // The rest of the request is not read: the connection ends as soon as the answer is written.
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]), () => socket.destroy());
}
