/** Reads the fenced blocks of a Markdown document. */

export interface Block {
  /** The word behind the opening fence, for example sh, json or http. */
  readonly language: string;
  readonly text: string;
  /** 1-based number of its first line in the document. */
  readonly line: number;
}

/** Returns the fenced blocks of a document, in order. */
export function listBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```([a-z]*)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: markdown.slice(0, match.index).split('\n').length + 1,
  }));
}

/**
 * Returns the text of the only block in `language` that contains `part`.
 * @throws Error if there is no such block, or more than one
 */
export function findBlock(blocks: readonly Block[], language: string, part: string): string {
  const found = blocks.filter((block) => block.language === language && block.text.includes(part));
  const [block] = found;
  if (block === undefined || found.length > 1) {
    throw new Error(`${found.length} ${language} blocks contain ${part}`);
  }
  return block.text;
}
