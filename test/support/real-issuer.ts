/** Starts an issuer that others have written, as a process of its own, on a free port of this machine. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const AUDIENCE = 'https://fielding-jobs.test/';
/** Its one client, whose tokens cover account 101. */
export const CLIENT = { clientId: 'a-machine', clientSecret: 'its-secret' };

/**
 * `oidc-provider` is certified (https://openid.net/certification/), `oauth2-mock-server` is what many teams test
 * with: it signs with each of its keys in turn.
 */
export type IssuerName = 'oidc-provider' | 'oauth2-mock-server';

export class RealIssuer {
  /** Its name, from which everything else is found. */
  readonly issuer: string;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, issuer: string) {
    this.#process = child;
    this.issuer = issuer;
  }

  static async start(name: IssuerName): Promise<RealIssuer> {
    const child = fork(join(import.meta.dirname, 'real-issuer-process.ts'), [name], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [issuer] = (await once(child, 'message')) as [string];
    return new RealIssuer(child, issuer);
  }

  get tokenUrl(): string {
    return `${this.issuer}/token`;
  }

  /**
   * Lets it sign with a new key beside the others, stop listening, or listen again on the same port. Resolves
   * when that is done.
   */
  async command(command: 'rotate' | 'stop' | 'restart'): Promise<void> {
    this.#process.send(command);
    await once(this.#process, 'message');
  }

  async end(): Promise<void> {
    this.#process.disconnect();
    await once(this.#process, 'exit');
  }
}
