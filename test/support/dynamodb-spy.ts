/** Stands between the functions and DynamoDB and notes which items each call is about. */
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';

export interface StoreCall {
  readonly operation: string;
  readonly table: string;
  /** The partition key: of the item, or of the query. Undefined for one that names none. */
  readonly key: string | undefined;
}

type Attribute = Readonly<Record<string, string>> | undefined;

interface Input {
  readonly TableName?: string;
  readonly Key?: Readonly<Record<string, Attribute>>;
  readonly Item?: Readonly<Record<string, Attribute>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, Attribute>>;
}

export class DynamoDBSpy {
  /** Since it was last emptied. */
  readonly calls: StoreCall[] = [];
  readonly #target: string;
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch(() => response.destroy());
  });

  private constructor(target: string) {
    this.#target = target;
  }

  /** @param target the address of the DynamoDB that answers */
  static async start(target: string): Promise<DynamoDBSpy> {
    const spy = new DynamoDBSpy(target);
    spy.#server.listen(0, '127.0.0.1');
    await once(spy.#server, 'listening');
    return spy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the spy does not listen on a port');
    return `http://127.0.0.1:${address.port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    this.calls.push(callOf(operation, JSON.parse(body.toString()) as Input));
    const headers = Object.fromEntries(
      ['x-amz-target', 'content-type', 'authorization', 'x-amz-date'].flatMap((name) => {
        const value = request.headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
    const answer = await fetch(this.#target, { method: 'POST', headers, body });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }
}

function callOf(operation: string, input: Input): StoreCall {
  const item = input.Key ?? input.Item;
  const attribute = item?.['pk'] ?? item?.['id'] ?? input.ExpressionAttributeValues?.[':pk'];
  return { operation, table: input.TableName ?? '', key: attribute?.['S'] };
}
