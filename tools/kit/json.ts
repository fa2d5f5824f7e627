/** Parses text that may not be JSON. */

/**
 * Deepest nesting that is read. Much of what looks at a value, JSON.stringify and structuredClone among it,
 * calls itself once per level and fails at some thousand, while JSON.parse reads any depth.
 */
const MAX_DEPTH = 1_000;

/** @returns undefined for text that is not JSON, or that is nested deeper than 1,000 levels */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isTooDeep(text) ? undefined : value;
  } catch {
    return undefined;
  }
}

function isTooDeep(json: string): boolean {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < json.length && depth <= MAX_DEPTH; i += 1) {
    const character = json[i];
    if (character === '\\') i += 1;
    else if (character === '"') inText = !inText;
    else if (inText) continue;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
  }
  return depth > MAX_DEPTH;
}

/** @returns undefined for text that is not a JSON object */
export function parseObject(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** The tokens of JSON that matter for the names of members: texts, brackets, colons and commas. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/**
 * Finds a member that stands twice in the outermost object of a text. The parser keeps the last of them;
 * which one is meant, it cannot know.
 * @param json a text that is JSON
 */
export function findDoubledMember(json: string): string | undefined {
  const names = new Set<unknown>();
  let depth = 0;
  let text = '';
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token === ':' && depth === 1) {
      const name: unknown = JSON.parse(text);
      if (names.has(name)) return String(name);
      names.add(name);
    } else if (token.startsWith('"')) text = token;
  }
  return undefined;
}
