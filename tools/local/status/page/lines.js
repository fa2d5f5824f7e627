/** Shows the log lines, newest at the bottom, and follows the newest until the user scrolls up. */
import { clock, element, jobLink, setText } from './elements.js';

const MOST_LINES = 500;

const list = document.getElementById('lines');
const filter = document.getElementById('filter');

/** Removes all lines, and shows which lines follow. @param {string} jobId empty for all lines */
export function startLines(jobId) {
  list.replaceChildren();
  setText(filter, jobId === '' ? 'All lines.' : `Lines of job ${jobId}. `);
  if (jobId !== '') filter.append(jobLink('', 'Show all lines'));
}

/** Appends lines. @param {any[]} lines oldest first, all newer than the lines before */
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
