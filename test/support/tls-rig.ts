/** Servers by TLS with a certificate that only the test trusts, and a proxy that tunnels to them. */
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { generate } from 'selfsigned';
import { type Listener, listenOnLoopback } from '../../tools/kit/loopback.ts';

export interface Certificate {
  /** Path of the certificate, for NODE_EXTRA_CA_CERTS. */
  readonly file: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate that has signed itself, for some host names. */
export async function makeCertificate(folder: string, names: readonly string[]): Promise<Certificate> {
  const file = join(folder, `${names[0]}.pem`);
  const { cert, private: key } = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) },
    ],
  });
  writeFileSync(file, cert);
  return { file, cert, key };
}

/** Serves HTTPS on this machine. */
export function serveByTls(
  { cert, key }: Certificate,
  respond: (request: IncomingMessage, body: string) => { status: number; body: string },
): Promise<Listener> {
  const server = createServer({ cert, key }, (request: IncomingMessage, response: ServerResponse) => {
    void buffer(request).then((received) => {
      const { status, body } = respond(request, received.toString());
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  return listenOnLoopback(server);
}

export interface Tunnels extends AsyncDisposable {
  readonly listener: Listener;
  /** `HOST:PORT` of each tunnel that was asked for. */
  readonly asked: string[];
  /** `Proxy-Authorization` of each. */
  readonly credentials: (string | undefined)[];
}

/** Starts a proxy that tunnels every host to one port of this machine, or answers CONNECT with a status. */
export async function startProxy(
  to: { readonly port: number } | { readonly status: number },
): Promise<Tunnels> {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const server = createHttpServer((_, response) => {
    response.writeHead(500).end('not a tunnel');
  });
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    credentials.push(request.headers['proxy-authorization']);
    socket.on('error', () => undefined);
    if ('status' in to) {
      socket.end(`HTTP/1.1 ${to.status} Refused\r\n\r\n`);
      return;
    }
    const upstream = connect(to.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
  });
  const listener = await listenOnLoopback(server);
  return { listener, asked, credentials, [Symbol.asyncDispose]: () => listener.close() };
}
