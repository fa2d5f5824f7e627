/** Loaded before a program (`--import`): says on the standard error, at its end, how often it connected. */
import { Socket } from 'node:net';

let connections = 0;
const connect: (...args: never[]) => Socket = Reflect.get(Socket.prototype, 'connect');
Reflect.set(Socket.prototype, 'connect', function (this: Socket, ...args: never[]) {
  connections += 1;
  return Reflect.apply(connect, this, args);
});
process.on('exit', () => {
  process.stderr.write(`connections: ${connections}\n`);
});
