/** What the programs are given in the environment, and what they print. */
export interface Settings {
  readonly url: string;
  readonly token: string;
  readonly path: { account_id: number; project_id: string };
  readonly ids: string[];
  readonly key: string;
}

/** The outcome of a job, and of calls that are refused. */
export interface Report {
  readonly created: number | undefined;
  readonly status: string;
  readonly updated: readonly string[];
  readonly failed: readonly string[];
  /** The status of the fielding run of the first target group. */
  readonly run: string | undefined;
  /** The names of the faults of a create call with an id that is none. */
  readonly faults: readonly string[];
  /** The `object` of the error of a job that does not exist. */
  readonly unknown: string | undefined;
}

export function readSettings(): Settings {
  return JSON.parse(process.env['SETTINGS'] ?? '') as Settings;
}
