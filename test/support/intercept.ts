/** Wraps any port, so that a test can observe, delay, fail or replace its calls. */

type Method = (...args: unknown[]) => Promise<unknown>;

/**
 * Returns a port that passes every call to `around`.
 * @param around gets the name of the method, its arguments, and a function that makes the call
 */
export function intercept<P extends object>(
  port: P,
  around: (method: string, args: readonly unknown[], call: () => Promise<unknown>) => Promise<unknown>,
): P {
  return makeProxy(
    port,
    (method, call) =>
      (...args) =>
        around(method, args, () => call(...args)),
  );
}

/** Returns a port with some of its methods replaced. */
export function override<P extends object>(port: P, changes: Partial<P>): P {
  return makeProxy(port, (method, call) => (changes as Record<string, Method>)[method] ?? call);
}

function makeProxy<P extends object>(port: P, replace: (method: string, call: Method) => Method): P {
  return new Proxy(port, {
    get: (target, name, receiver) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function' || typeof name !== 'string') {
        return Reflect.get(target, name, receiver) as unknown;
      }
      return replace(name, (value as Method).bind(target));
    },
  });
}
