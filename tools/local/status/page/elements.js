/**
 * Makes and updates elements. Text is only ever set as text: whatever a client managed to get into a log line
 * cannot become markup.
 */

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Leaves alone what has the text already, so that a selection in it stays. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Leads to the log lines of a job; an empty id leads to all. */
export function jobLink(jobId, text = jobId) {
  const href = jobId === '' ? '/_local' : `/_local?job=${encodeURIComponent(jobId)}`;
  return element('a', { href, 'data-job': jobId }, text);
}

/**
 * Keeps the rows of a table body in step with a list. A row whose item is still there stays the same element,
 * with its focus.
 *
 * @param {HTMLElement} body
 * @param {(item: any) => string} keyOf
 * @param {(item: any) => HTMLElement} make
 * @param {(row: HTMLElement, item: any) => void} update
 */
export function rowsOf(body, keyOf, make, update) {
  let rows = new Map();
  return (items) => {
    const next = new Map();
    for (const item of items) {
      const row = rows.get(keyOf(item)) ?? make(item);
      update(row, item);
      next.set(keyOf(item), row);
    }
    for (const [key, row] of rows) if (!next.has(key)) row.remove();
    let place = 0;
    for (const row of next.values()) {
      if (body.children[place] !== row) body.insertBefore(row, body.children[place] ?? null);
      place += 1;
    }
    rows = next;
  };
}

/** A row of cells: a heading, then as many as there are texts to show. */
export function cellsRow(heading, classes) {
  return element('tr', {}, heading, ...classes.map((name) => element('td', { class: name })));
}

/** @param {number} milliseconds */
export function duration(milliseconds) {
  if (milliseconds < 1_000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** The time from `at` until `now`, to the second. Both in epoch milliseconds. */
export function age(at, now) {
  return duration(Math.max(0, Math.floor((now - at) / 1_000)) * 1_000)
    .replace(/^0 ms$/, '0 s')
    .replace('.0 s', ' s');
}

/** The same in words. */
export function ago(at, now) {
  return now - at < 1_000 ? 'just now' : `${age(at, now)} ago`;
}

/** A whole number that can be read. */
export function grouped(number) {
  return number.toLocaleString('en', { maximumFractionDigits: 0 });
}

/** The time of day, of this machine. */
export function clock(at, withMilliseconds = false) {
  const date = new Date(at);
  const two = (number) => String(number).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return withMilliseconds ? `${time}.${String(date.getMilliseconds()).padStart(3, '0')}` : time;
}
