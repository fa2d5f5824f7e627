/**
 * Sends documents to the X-Ray daemon that Lambda runs beside a function, as JSON in one UDP datagram each.
 * No invocation waits for this, and its errors are ignored, because a trace may be lost.
 *
 * Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** The first line of each datagram, as the daemon expects it. */
const HEADER = '{"format": "json", "version": 1}\n';

interface Daemon {
  readonly socket: Socket;
  readonly host: string;
  readonly port: number;
}

let daemon: Daemon | undefined;

/**
 * Opens a socket to the daemon at AWS_XRAY_DAEMON_ADDRESS, unless it is open already.
 *
 * @returns whether there is a daemon
 */
export function findDaemon(): boolean {
  daemon ??= openSocket(process.env['AWS_XRAY_DAEMON_ADDRESS']);
  return daemon !== undefined;
}

/** Sends a document to the daemon. Does nothing when `findDaemon` has found none. */
export function sendToDaemon(document: object): void {
  try {
    daemon?.socket.send(HEADER + JSON.stringify(document), daemon.port, daemon.host, ignore);
  } catch {
    ignore();
  }
}

/** @param address `host:port`, or `tcp:host:port udp:host:port` */
function openSocket(address = ''): Daemon | undefined {
  const [, host, port] =
    /(?:^|\s)(?:udp:)?([^\s:]+):(\d+)(?:\s|$)/.exec(address.replace(/tcp:\S+/, '')) ?? [];
  if (host === undefined || port === undefined) return undefined;
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.on('error', ignore);
  // Bound now, so that a document at the end of an invocation is sent before the function is frozen.
  socket.bind(0).unref();
  return { socket, host, port: Number(port) };
}

function ignore(): void {
  // A trace may be lost.
}
