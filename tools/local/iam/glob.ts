/** The wildcards of policies: `*` for any text, `?` for one character. */

/** Whether a text fits a pattern, each as a whole. */
export type Matcher = (text: string) => boolean;

/** A matcher of text as it stands. */
export function glob(pattern: string): Matcher {
  const expression = expressionOf(pattern, 's');
  return (text) => expression.test(text);
}

/** A matcher that takes upper and lower case for the same, as the names of actions are compared. */
export function globOfAnyCase(pattern: string): Matcher {
  const expression = expressionOf(pattern, 'is');
  return (text) => expression.test(text);
}

/** A matcher of ARNs: each of the six parts by itself, so that no wildcard reaches over a colon of the first five. */
export function globOfArn(pattern: string): Matcher {
  const parts = partsOf(pattern).map(glob);
  return (arn) => {
    const found = partsOf(arn);
    return found.length === parts.length && parts.every((matches, index) => matches(found[index] ?? ''));
  };
}

function expressionOf(pattern: string, flags: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, flags);
}

/** `arn:partition:service:region:account:resource`; the resource may hold colons. */
function partsOf(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
