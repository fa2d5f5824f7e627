/**
 * A headless Chromium, if this machine has one, driven over its own debugging protocol: what Node brings is
 * enough for it, so the tests need no package that would fetch a browser.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

const PROGRAMS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const FLAGS = [
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--hide-scrollbars',
  '--no-first-run',
  '--remote-debugging-port=0',
];

/** The program of a browser: the variable CHROMIUM, or where one usually is; undefined when there is none. */
export function findBrowser(): string | undefined {
  const given = process.env['CHROMIUM'];
  if (given !== undefined) return given;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [
    ...COMMANDS.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...PROGRAMS,
  ];
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

type Parameters = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Parameters;
  readonly result?: Parameters;
  readonly error?: { readonly message: string };
}

export class Browser {
  private readonly child: ChildProcess;
  private readonly profile: string;
  private readonly socket: WebSocket;
  private readonly calls = new Map<number, PromiseWithResolvers<Parameters>>();
  private readonly listeners: ((message: Message) => void)[] = [];
  private lastCall = 0;

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.child = child;
    this.profile = profile;
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      this.receive(JSON.parse(String(data)) as Message);
    });
  }

  /** Starts a browser with a profile of its own. @throws Error when it ends instead */
  static async start(program: string): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'browser-'));
    // Root may not use the sandbox; in a container, everybody is root.
    const flags = process.getuid?.() === 0 ? [...FLAGS, '--no-sandbox'] : FLAGS;
    const child = spawn(program, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const address = await new Promise<string>((resolve, reject) => {
      child.once('error', reject).once('exit', (code) => {
        reject(new Error(`${program} ended with ${String(code)}`));
      });
      createInterface(child.stderr).on('line', (line) => {
        const found = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    return new Browser(child, profile, socket);
  }

  async open(url: string): Promise<Page> {
    const { targetId } = await this.call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.call('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, String(sessionId));
    await page.begin(url);
    return page;
  }

  async close(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
    this.socket.close();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  /** One call of the protocol. @throws Error with what the browser says of it */
  call(method: string, params: Parameters = {}, sessionId?: string): Promise<Parameters> {
    this.lastCall += 1;
    const call = Promise.withResolvers<Parameters>();
    this.calls.set(this.lastCall, call);
    this.socket.send(JSON.stringify({ id: this.lastCall, method, params, sessionId }));
    return call.promise;
  }

  onEvent(listener: (message: Message) => void): void {
    this.listeners.push(listener);
  }

  private receive(message: Message): void {
    if (message.id === undefined) {
      for (const listener of this.listeners) listener(message);
      return;
    }
    const call = this.calls.get(message.id);
    this.calls.delete(message.id);
    if (message.error === undefined) call?.resolve(message.result ?? {});
    else call?.reject(new Error(message.error.message));
  }
}

export class Page {
  /** Addresses that it asked for. */
  readonly requests: string[] = [];
  /** What went wrong in it: exceptions, refused resources, entries of the console. */
  readonly complaints: string[] = [];
  private readonly browser: Browser;
  private readonly sessionId: string;

  constructor(browser: Browser, sessionId: string) {
    this.browser = browser;
    this.sessionId = sessionId;
    browser.onEvent(({ method, params, sessionId: of }) => {
      if (of !== sessionId) return;
      if (method === 'Network.requestWillBeSent') {
        this.requests.push((params?.['request'] as { url: string }).url);
      }
      if (['Runtime.exceptionThrown', 'Runtime.consoleAPICalled', 'Log.entryAdded'].includes(method ?? '')) {
        this.complaints.push(JSON.stringify(params));
      }
    });
  }

  /** Listens from the first request on. */
  async begin(url: string): Promise<void> {
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await this.call(`${domain}.enable`);
    await this.call('Page.navigate', { url });
  }

  async close(): Promise<void> {
    await this.call('Page.close');
  }

  /** The value of an expression, as JSON has it. @throws Error with what it threw */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.call('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Waits until an expression is true. */
  async until(expression: string): Promise<void> {
    while (!(await this.evaluate<boolean>(`Boolean(${expression})`))) await pause(50);
  }

  /** Presses a key as a user would. */
  async press(key: string, text?: string): Promise<void> {
    const keyCode = { Enter: 13, Tab: 9 }[key] ?? 0;
    const event = { key, code: key, windowsVirtualKeyCode: keyCode, text };
    await this.call('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
    await this.call('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }

  async size(width: number, height: number): Promise<void> {
    await this.call('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    });
  }

  async scheme(scheme: 'light' | 'dark'): Promise<void> {
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.call('Emulation.setEmulatedMedia', { features });
  }

  /** For people: a picture of the whole page in the folder that SCREENSHOTS names, if it does. */
  async picture(name: string): Promise<void> {
    const folder = process.env['SCREENSHOTS'];
    if (folder === undefined) return;
    const { cssContentSize } = await this.call('Page.getLayoutMetrics');
    const clip = { ...(cssContentSize as object), scale: 1 };
    const { data } = await this.call('Page.captureScreenshot', { captureBeyondViewport: true, clip });
    writeFileSync(join(folder, `${name}.png`), Buffer.from(String(data), 'base64'));
  }

  private call(method: string, params: Parameters = {}): Promise<Parameters> {
    return this.browser.call(method, params, this.sessionId);
  }
}
