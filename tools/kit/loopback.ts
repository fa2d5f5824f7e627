/** Listens on the loopback interface only, and closes every connection when it stops. */
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import { Server as HttpServer } from 'node:http';

export const LOOPBACK_ADDRESS = '127.0.0.1';

export interface Listener extends AsyncDisposable {
  readonly port: number;
  /** The HTTP address, without a trailing slash. */
  readonly url: string;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

/**
 * Idle connections stay open until the client ends them; AWS keeps them open for minutes. By default Node.js
 * ends one that was idle for five seconds, and a request that a client sends in that moment is lost.
 *
 * @param port 0 for any free one
 * @throws the system error when the port cannot be used
 */
export async function listenOnLoopback(server: Server, port = 0): Promise<Listener> {
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  if (server instanceof HttpServer) server.keepAliveTimeout = 0;
  server.listen(port, LOOPBACK_ADDRESS);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of connections) socket.destroy();
    await closed;
  };
  return {
    port: address.port,
    url: `http://${LOOPBACK_ADDRESS}:${address.port}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}
