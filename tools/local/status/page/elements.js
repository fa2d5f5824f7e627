/**
 * Makes and updates elements of the page. It sets text only as text content, so that text of a client in a
 * log line cannot become markup.
 */

/**
 * Makes an element.
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

/**
 * Sets the text of an element, unless it has that text already: a rewrite would remove the user's selection.
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Makes a link to the log lines of a job, or to all lines for an empty id. */
export function jobLink(jobId, text = jobId) {
  const href = jobId === '' ? '/_local' : `/_local?job=${encodeURIComponent(jobId)}`;
  return element('a', { href, 'data-job': jobId }, text);
}

/**
 * Makes a function that updates the rows of a table body from a list of items. The row of an item that is
 * still in the list stays the same element, so that it keeps its focus.
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

/** Makes a row: a heading, then a cell for each class. */
export function cellsRow(heading, classes) {
  return element('tr', {}, heading, ...classes.map((name) => element('td', { class: name })));
}

/** Formats a duration. @param {number} milliseconds */
export function duration(milliseconds) {
  if (milliseconds < 1_000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** Formats the time from `at` until `now`, in whole seconds. Both are epoch milliseconds. */
export function age(at, now) {
  return duration(Math.max(0, Math.floor((now - at) / 1_000)) * 1_000)
    .replace(/^0 ms$/, '0 s')
    .replace('.0 s', ' s');
}

/** Formats how long ago `at` was. Both are epoch milliseconds. */
export function ago(at, now) {
  return now - at < 1_000 ? 'just now' : `${age(at, now)} ago`;
}

/** Formats a whole number with separators for thousands. */
export function grouped(number) {
  return number.toLocaleString('en', { maximumFractionDigits: 0 });
}

/** Formats a time (epoch milliseconds) as the local time of day. */
export function clock(at, withMilliseconds = false) {
  const date = new Date(at);
  const two = (number) => String(number).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return withMilliseconds ? `${time}.${String(date.getMilliseconds()).padStart(3, '0')}` : time;
}
