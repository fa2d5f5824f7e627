/** Stands between the functions and an emulator, and does what a network and a busy service do. */
import {
  Agent,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  createServer,
  request,
} from 'node:http';

export interface Trouble {
  /** Share of the calls that are refused for want of capacity. */
  readonly throttled: number;
  /** Share of the calls that are carried out and not answered. */
  readonly unanswered: number;
  /** Share of the calls that are carried out twice; only where `mayRepeat` says so. */
  readonly repeated: number;
}

export interface Call {
  readonly operation: string;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Sees every call that is carried out and its answer, whoever gets to know it; may carry out another body. */
export type Around = (call: Call, forward: (body: Buffer) => Promise<Answer>) => Promise<Answer>;

export interface ProxyOptions {
  readonly target: string;
  readonly trouble: Trouble;
  /** The error that the service names when it throttles. */
  readonly throttlingError: string;
  /** Whether a call of this operation may be repeated. */
  readonly mayRepeat: (operation: string) => boolean;
  /** From 0 to 1. */
  readonly random: () => number;
}

export class Proxy {
  /** What was done, by kind. */
  readonly counts = { forwarded: 0, throttled: 0, unanswered: 0, repeated: 0 };
  /** While false, everything is just forwarded. */
  troubled = false;
  readonly options: ProxyOptions;
  readonly #server: Server;
  /** Nothing, until it is set. */
  around: Around = ({ body }, forward) => forward(body);
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(options: ProxyOptions) {
    this.options = options;
    this.#server = createServer((incoming, outgoing) => {
      this.#handle(incoming, outgoing).catch(() => {
        outgoing.destroy();
      });
    });
  }

  /** @returns its address */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string')
      throw new Error('the proxy does not listen on a port');
    return `http://127.0.0.1:${address.port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await read(incoming);
    const { trouble, random, mayRepeat, throttlingError } = this.options;
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    const happens = (share: number) => this.troubled && random() < share;

    if (happens(trouble.throttled)) {
      this.counts.throttled += 1;
      outgoing.writeHead(400, {
        'content-type': incoming.headers['content-type'] ?? 'application/x-amz-json-1.0',
      });
      outgoing.end(JSON.stringify({ __type: throttlingError, message: 'slow down' }));
      return;
    }
    const carryOut = () => this.around({ operation, body }, (content) => this.#forward(incoming, content));
    this.counts.forwarded += 1;
    if (mayRepeat(operation) && happens(trouble.repeated)) {
      this.counts.repeated += 1;
      await carryOut();
    }
    const answer = await carryOut();
    if (happens(trouble.unanswered)) {
      this.counts.unanswered += 1;
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(answer.body);
  }

  #forward(incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const url = new URL(incoming.url ?? '/', this.options.target);
      const { method } = incoming;
      const headers = { ...incoming.headers, 'content-length': String(body.length) };
      const call = request(url, { method, headers, agent: this.#agent }, (response) => {
        read(response).then(
          (answered) => {
            resolve({ status: response.statusCode ?? 500, headers: response.headers, body: answered });
          },
          (error: unknown) => {
            reject(error instanceof Error ? error : new Error(String(error)));
          },
        );
      });
      call.on('error', reject);
      call.end(body);
    });
  }
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
