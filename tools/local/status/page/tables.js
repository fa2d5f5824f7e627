/** Shows the tables of the status page: health, jobs, functions and queues. */
import {
  age,
  ago,
  cellsRow,
  clock,
  duration,
  element,
  grouped,
  jobLink,
  rowsOf,
  setText,
} from './elements.js';

const byId = (id) => document.getElementById(id);

/** Sets the texts of a row's cells. @param {string[]} texts for the cells after the heading */
function fill(row, texts) {
  for (const [index, text] of texts.entries()) setText(row.children[index + 1], text);
}

function mark(target, name, on) {
  target.classList.toggle(name, on);
}

const healthLines = rowsOf(
  byId('health'),
  (text) => text,
  () => element('li'),
  (item, text) => {
    setText(item, text);
  },
);

const figures = rowsOf(
  byId('figures'),
  ({ name }) => name,
  ({ name }) => element('div', {}, element('dt', {}, name), element('dd')),
  (box, { text, bad }) => {
    setText(box.lastChild, text);
    mark(box, 'bad', bad);
  },
);

function scheduleFigure({ functionName, everySeconds, lastBegan, state }, now) {
  return {
    name: `${functionName}, every ${everySeconds} s`,
    text:
      lastBegan === null ? (state === 'late' ? 'late' : 'not yet due') : `${state}, ${ago(lastBegan, now)}`,
    bad: state === 'late' || state === 'failed',
  };
}

function showHealth({ now, startedAt, state, health, jobs, queues, recentErrors }) {
  const sum = (dead) =>
    queues
      .filter(({ deadLetters }) => deadLetters === dead)
      .reduce((total, { visible, inFlight, delayed }) => total + visible + inFlight + delayed, 0);
  const serving = state === 'serving';
  const well = serving ? 'All is well.' : 'The stack is starting.';
  healthLines(health.problems.length > 0 ? health.problems : [well]);
  byId('health').className = health.ok ? (serving ? 'good' : 'starting') : 'bad';
  figures([
    { name: 'Errors in the last minute', text: grouped(recentErrors), bad: recentErrors > 0 },
    {
      name: 'Open jobs',
      text: grouped(jobs.filter(({ status }) => status === 'Processing').length),
      bad: false,
    },
    { name: 'Messages in the queues', text: grouped(sum(false)), bad: false },
    { name: 'Dead letters', text: grouped(sum(true)), bad: sum(true) > 0 },
    ...health.schedules.map((schedule) => scheduleFigure(schedule, now)),
    { name: 'Up', text: age(startedAt, now), bad: false },
  ]);
}

const jobRows = rowsOf(
  byId('jobs'),
  ({ jobId, createdAt }) => `${jobId} ${createdAt}`,
  ({ jobId }) => {
    const row = cellsRow(element('th', { scope: 'row' }, jobLink(jobId)), [
      'status',
      'progress',
      'number',
      'number',
      'event',
      '',
      '',
      'number',
      'id',
    ]);
    const label = `Target groups settled of job ${jobId}`;
    row.children[2].append(element('progress', { 'aria-label': label }), element('span'));
    return row;
  },
  (row, job) => {
    const { status, settled, total, failed, milliseconds, lastEvent, createdAt, action } = job;
    const [, statusCell, progressCell, failedCell, ...others] = row.children;
    setText(statusCell, status);
    statusCell.dataset.status = status;
    const [bar, figure] = progressCell.children;
    bar.max = total;
    bar.value = settled;
    setText(figure, `${grouped(settled)} / ${grouped(total)}`);
    setText(failedCell, grouped(failed));
    mark(failedCell, 'some', failed > 0);
    const created = Date.parse(createdAt);
    const took = milliseconds ?? (status === 'Processing' ? job.now - created : null);
    const texts = [
      took === null ? '' : duration(took),
      status === 'Processing' ? `${lastEvent}, ${ago(job.lastAt, job.now)}` : lastEvent,
      clock(created),
      action,
      String(job.accountId),
      job.projectId,
    ];
    for (const [index, text] of texts.entries()) setText(others[index], text);
  },
);

const functionRows = rowsOf(
  byId('functions'),
  ({ name }) => name,
  ({ name }) => cellsRow(element('th', { scope: 'row' }, name), [...Array(6).fill('number'), '']),
  (row, { invocations, running, errors, throttles, p50, p99, lastBegan, now }) => {
    const figure = (value) => (value === null ? '–' : grouped(value));
    const last = lastBegan === null ? 'never' : ago(lastBegan, now);
    fill(row, [...[invocations, running, errors, throttles, p50, p99].map(figure), last]);
    mark(row.children[3], 'bad', errors > 0);
    mark(row.children[4], 'bad', throttles > 0);
  },
);

const queueRows = rowsOf(
  byId('queues'),
  ({ name }) => name,
  ({ name, deadLetters }) =>
    cellsRow(element('th', { scope: 'row' }, deadLetters ? `${name} (dead letters)` : name), [
      ...Array(3).fill('number'),
    ]),
  (row, { visible, inFlight, delayed, deadLetters }) => {
    fill(row, [visible, inFlight, delayed].map(grouped));
    mark(row.children[1], 'bad', deadLetters && visible > 0);
  },
);

/** Shows a snapshot except its log lines. @param jobId id of the job whose lines are shown */
export function showTables(snapshot, jobId) {
  const { now, jobs, functions, queues } = snapshot;
  showHealth(snapshot);
  byId('no-jobs').hidden = jobs.length > 0;
  byId('jobs-scroll').hidden = jobs.length === 0;
  jobRows(jobs.map((job) => ({ ...job, now })));
  functionRows(functions.map((stats) => ({ ...stats, now })));
  queueRows(queues);
  markJob(jobId);
}

/** Marks the job whose lines are shown. */
export function markJob(jobId) {
  for (const link of byId('jobs').querySelectorAll('a')) {
    const current = link.dataset.job === jobId;
    mark(link.closest('tr'), 'current', current);
    if (current) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}
