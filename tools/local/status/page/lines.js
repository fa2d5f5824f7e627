/** Shows the log lines: the newest at the bottom, which stays in sight until somebody scrolls up. */
import { clock, element, jobLink, setText } from './elements.js';

const MOST_LINES = 500;

const list = document.getElementById('lines');
const filter = document.getElementById('filter');

/** Takes all lines away, and says whose lines come now. @param {string} jobId empty for all */
export function startLines(jobId) {
  list.replaceChildren();
  setText(filter, jobId === '' ? 'All lines.' : `Lines of job ${jobId}. `);
  if (jobId !== '') filter.append(jobLink('', 'Show all lines'));
}

/** @param {any[]} lines oldest first, newer than all before */
export function addLines(lines) {
  const atBottom = list.scrollHeight - list.scrollTop - list.clientHeight < 8;
  list.append(...lines.map(lineOf));
  while (list.children.length > MOST_LINES) list.firstChild.remove();
  if (atBottom) list.scrollTop = list.scrollHeight;
}

function lineOf({ at, level, source, message, fields, calls }) {
  return element(
    'div',
    { class: 'line', 'data-level': level },
    element('time', { datetime: new Date(at).toISOString() }, clock(at, true)),
    ' ',
    element('span', { class: 'level' }, level),
    ' ',
    element('span', { class: 'source' }, source),
    ' ',
    element(
      'span',
      { class: 'text' },
      element('b', {}, message),
      ...fields.flatMap(fieldOf),
      ...calls.map(callOf),
    ),
  );
}

function fieldOf([name, text]) {
  const value = name === 'job_id' ? jobLink(text) : text;
  return [' ', element('span', { class: 'field' }, `${name}=`, value)];
}

function callOf(call) {
  return element('span', { class: 'call' }, call);
}
