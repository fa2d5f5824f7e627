/** Finds the browser for the tests of web pages, and explains how to get one. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The title around every test that needs a browser, by which the reporter finds these tests. */
export const IN_A_BROWSER = 'in a browser';

/** The environment variable with the path of a browser to use instead of the usual ones. */
const VARIABLE = 'CHROMIUM';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

const PROGRAMS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Returns the path of the browser that CHROMIUM names, or else of the first usual one, if there is any. */
export function findBrowser(): string | undefined {
  const given = process.env[VARIABLE];
  if (given !== undefined) return isProgram(given) ? given : undefined;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const commands = COMMANDS.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...commands, ...PROGRAMS].find(isProgram);
}

/** Returns a message that there is no browser, and how to get one. */
export function explainMissingBrowser(): string {
  const given = process.env[VARIABLE];
  const missing =
    given === undefined
      ? 'No Chromium, Chrome or Edge was found.'
      : `${VARIABLE} names "${given}", which is not an executable file.`;
  return `${missing} Install one, or set ${VARIABLE} to its path.
Debian, Ubuntu: apt-get install chromium. macOS: brew install --cask google-chrome.
The tests of the pages need it: they are skipped without it, and fail where CI is set.`;
}

/** Whether this run is in CI, where tests must not be skipped for want of a browser. */
export function isInCI(): boolean {
  return !['', 'false', '0'].includes(process.env['CI'] ?? '');
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
