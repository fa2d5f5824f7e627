/** Reads the fenced blocks of a Markdown document. */

export interface Block {
  /** What stands behind the opening fence: sh, json, http, ... */
  readonly language: string;
  readonly text: string;
  /** Number of its first line in the document, from 1. */
  readonly line: number;
}

/** The fenced blocks of a document, in order. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```([a-z]*)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: markdown.slice(0, match.index).split('\n').length + 1,
  }));
}

/** The text of the document's only block in a language that contains `part`. */
export function theBlock(blocks: readonly Block[], language: string, part: string): string {
  const found = blocks.filter((block) => block.language === language && block.text.includes(part));
  const [block] = found;
  if (block === undefined || found.length > 1) {
    throw new Error(`${found.length} ${language} blocks contain ${part}`);
  }
  return block.text;
}
