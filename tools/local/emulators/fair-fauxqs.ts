/**
 * Makes fauxqs, the embedded SQS, keep the message group of a message and deliver the groups in turns.
 *
 * By itself it forgets the group, except on FIFO queues, and delivers the oldest message first. It has no
 * hook for either, so methods of its inner classes are replaced. Its version is exact, and a test fails when
 * another version has them elsewhere.
 */
import { type GroupedMessage, Turns, type Waiting } from './turns.ts';

interface Entry {
  readonly Id?: string;
  readonly MessageGroupId?: string;
}
interface SendBody extends Entry {
  readonly QueueUrl: string;
  readonly Entries?: readonly Entry[];
}
interface Sent {
  readonly Id?: string;
  readonly MessageId: string;
}
interface SendAnswer extends Partial<Sent> {
  readonly Successful?: readonly Sent[];
}
interface Message extends GroupedMessage {
  readonly messageId: string;
}
interface Queue extends Waiting {
  readonly messages: Message[];
  readonly delayedMessages: readonly Message[];
  dequeue: (most: number, ...others: unknown[]) => unknown[];
}
interface Store {
  getQueue(url: string): Queue | undefined;
}
type Handler = (body: SendBody, store: Store, ...others: unknown[]) => unknown;
interface Router {
  register: (action: string, handler: Handler) => void;
}

/** Changes fauxqs in this thread, before it is started. @throws Error when it has no such classes */
export async function makeFauxqsFair(): Promise<void> {
  const [{ SqsQueue }, { SqsRouter }] = await Promise.all([
    importInner<{ SqsQueue: { prototype: Queue } }>('sqs/sqsStore.js'),
    importInner<{ SqsRouter: { prototype: Router } }>('sqs/sqsRouter.js'),
  ]);
  keepGroups(SqsRouter.prototype);
  deliverInTurns(SqsQueue.prototype);
}

/** Imports a file that the package does not export. */
async function importInner<Module>(path: string): Promise<Module> {
  return (await import(new URL(path, import.meta.resolve('fauxqs')).href)) as Module;
}

function keepGroups(router: Router): void {
  const { register } = router;
  requireMethod(register, 'register');
  router.register = function (this: Router, action, handler) {
    const sends = action === 'SendMessage' || action === 'SendMessageBatch';
    const keeping: Handler = (body, store, ...others) => {
      const answer = handler(body, store, ...others) as SendAnswer;
      // The send is done before anything can receive: its handler waits for nothing.
      for (const [messageId, group] of listGroups(body, answer))
        setGroup(store, body.QueueUrl, messageId, group);
      return answer;
    };
    register.call(this, action, sends ? keeping : handler);
  };
}

/** Lists the messages that were sent with a group: their ids and their groups. */
function listGroups(body: SendBody, { Successful, MessageId }: SendAnswer): (readonly [string, string])[] {
  const sent = Successful ?? (MessageId === undefined ? [] : [{ MessageId }]);
  return sent.flatMap(({ Id, MessageId: messageId }: Sent) => {
    const { MessageGroupId } = body.Entries?.find((entry) => entry.Id === Id) ?? body;
    return MessageGroupId === undefined ? [] : [[messageId, MessageGroupId] as const];
  });
}

function setGroup(store: Store, queueUrl: string, messageId: string, group: string): void {
  const queue = store.getQueue(queueUrl);
  const isSent = (message: Message) => message.messageId === messageId;
  const message = queue?.messages.findLast(isSent) ?? queue?.delayedMessages.findLast(isSent);
  if (message !== undefined) message.messageGroupId = group;
}

function deliverInTurns(queue: Queue): void {
  const { dequeue } = queue;
  requireMethod(dequeue, 'dequeue');
  const turns = new WeakMap<Queue, Turns>();
  queue.dequeue = function (this: Queue, most, ...others) {
    const own = turns.get(this) ?? new Turns();
    turns.set(this, own);
    own.arrange(this, most);
    return dequeue.call(this, most, ...others);
  };
}

/** Refuses a version of fauxqs that lacks a method which is going to be replaced. */
function requireMethod(method: unknown, name: string): void {
  if (typeof method !== 'function') throw new Error(`fauxqs has no method ${name} to replace`);
}
