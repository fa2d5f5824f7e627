/** Runs the status page: reads the status of the local stack every second and shows it. */
import { clock, setText } from './elements.js';
import { addLines, startLines } from './lines.js';
import { markJob, showTables } from './tables.js';

const POLL_MILLISECONDS = 1_000;
const LIMIT_MILLISECONDS = 5_000;

const feed = document.getElementById('feed');
const pause = document.getElementById('pause');
const serious = document.getElementById('serious');
const lines = document.getElementById('lines');

/** Id of the job whose log lines are shown; empty for all lines. */
let jobId = jobOfAddress();
/** Number of the newest line that the stack has reported, shown or filtered out. */
let lastLine = 0;
/** Start time of the stack, in epoch milliseconds: a new one means that the stack was restarted. */
let startedAt = 0;
/** Number of the latest request; answers to earlier requests are ignored. */
let latestRequest = 0;
let lostAt;

function jobOfAddress() {
  return new URLSearchParams(location.search).get('job') ?? '';
}

async function refresh() {
  latestRequest += 1;
  const request = latestRequest;
  const filter = jobId === '' ? '' : `&job=${encodeURIComponent(jobId)}`;
  try {
    const response = await fetch(`/_local/status?after=${lastLine}${filter}`, {
      signal: AbortSignal.timeout(LIMIT_MILLISECONDS),
    });
    if (!response.ok) throw new Error(`the stack answered ${response.status}`);
    const snapshot = await response.json();
    if (request === latestRequest) await show(snapshot);
  } catch {
    if (request === latestRequest) showLost();
  }
}

async function show(snapshot) {
  lostAt = undefined;
  document.body.classList.remove('lost');
  const restarted = startedAt !== 0 && snapshot.startedAt !== startedAt;
  startedAt = snapshot.startedAt;
  if (restarted) {
    beginLines();
    await refresh();
    return;
  }
  lastLine = snapshot.lastLine;
  showTables(snapshot, jobId);
  addLines(snapshot.lines);
  showFeed();
}

function showLost() {
  lostAt ??= Date.now();
  document.body.classList.add('lost');
  setText(feed, `Not reachable since ${clock(lostAt)}: this page shows old data.`);
}

function showFeed() {
  if (lostAt === undefined) setText(feed, paused() ? `Paused at ${clock(Date.now())}` : 'Live');
}

function paused() {
  return pause.getAttribute('aria-pressed') === 'true';
}

function beginLines() {
  lastLine = 0;
  startLines(jobId);
}

function filterByAddress() {
  jobId = jobOfAddress();
  beginLines();
  markJob(jobId);
  void refresh();
}

async function poll() {
  if (!document.hidden && !paused()) await refresh();
  setTimeout(() => void poll(), POLL_MILLISECONDS);
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-job]');
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, '', link.href);
  filterByAddress();
});
window.addEventListener('popstate', filterByAddress);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && !paused()) void refresh();
});
pause.addEventListener('click', () => {
  pause.setAttribute('aria-pressed', String(!paused()));
  showFeed();
  if (!paused()) void refresh();
});
serious.addEventListener('change', () => {
  lines.classList.toggle('serious', serious.checked);
  lines.scrollTop = lines.scrollHeight;
});

beginLines();
void poll();
