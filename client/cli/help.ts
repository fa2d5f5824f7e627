/** The texts of `--help` besides the list of options: description, examples and exit codes. */
import { ACTION_CHOICE } from '../../api/action-words.ts';
import { type Action, getTransition } from '../../src/domain/actions.ts';
import { EXIT, EXIT_MEANINGS } from './exit-codes.ts';

export const DESCRIPTION = `Applies an action (${ACTION_CHOICE}) to the fielding runs of any number of target groups.
After any failure, repeat the command with the same --key: nothing is done twice.`;

const ids = '01JDEM0TARGETGR0VP10000001 01JDEM0TARGETGR0VP10000002';
const project = '--base-url http://127.0.0.1:3000 --account 101 --project 01JDEM0PR0JECT000000000001';

export const EXAMPLES = `
Examples:
  export FIELDING_JOBS_TOKEN=...
  fielding-jobs resume ${ids} \\
    ${project}
  fielding-jobs pause --file groups.csv --key pause-2026-w48 --wait --output failures.csv \\
    ${project}
  fielding-jobs status http://127.0.0.1:3000/demand/accounts/101/... --base-url http://127.0.0.1:3000 --wait

Each command has its own help: fielding-jobs resume --help

${formatExitCodes()}`;

export function formatExamples(action: Action): string {
  return `
Examples:
  # Two target groups, and wait for the outcome
  fielding-jobs ${action} ${ids} --wait \\
    ${project}

  # From a file: .txt (an id per line), .csv (column target_group_id) or .jsonl. With a key it can be repeated
  fielding-jobs ${action} --file groups.csv --key ${action}-2026-w48 --wait --output failures.csv \\
    ${project}

  # Between two programs: the output is lines of JSON when it is not a terminal
  list-groups | fielding-jobs ${action} ${project} | jq -r 'select(.event == "accepted").location'

${formatExitCodes()}`;
}

export const STATUS_EXAMPLES = `
Examples:
  # By its URL, as the commands that create jobs print it
  fielding-jobs status "$LOCATION" --base-url http://127.0.0.1:3000 --wait

  # By its id
  fielding-jobs status 4PZRTX185TK4NXJ64MWWSQVWVD --action resume \\
    ${project}

${formatExitCodes()}`;

export function formatSummary(action: Action): string {
  const { from, to } = getTransition(action);
  return `${action} fielding runs: ${from.join(' or ')} becomes ${to}`;
}

function formatExitCodes(): string {
  const lines = Object.entries(EXIT).map(
    ([name, code]) => `  ${String(code).padStart(3)}  ${EXIT_MEANINGS[name as keyof typeof EXIT]}`,
  );
  return ['Exit codes:', ...lines].join('\n');
}
