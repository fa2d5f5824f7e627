/** Matches the wildcards of policies: `*` for any text, `?` for one character. */

/** Whether a whole text matches a pattern. */
export type Matcher = (text: string) => boolean;

/** Makes a case-sensitive matcher. */
export function makeMatcher(pattern: string): Matcher {
  const expression = makeExpression(pattern, 's');
  return (text) => expression.test(text);
}

/** Makes a matcher that ignores case, as IAM does for names of actions. */
export function makeCaseInsensitiveMatcher(pattern: string): Matcher {
  const expression = makeExpression(pattern, 'is');
  return (text) => expression.test(text);
}

/**
 * Makes a matcher of ARNs that compares each of the six parts separately: a wildcard matches no colon between
 * parts.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function makeArnMatcher(pattern: string): Matcher {
  const parts = splitArn(pattern).map(makeMatcher);
  return (arn) => {
    const found = splitArn(arn);
    return found.length === parts.length && parts.every((matches, index) => matches(found[index] ?? ''));
  };
}

function makeExpression(pattern: string, flags: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, flags);
}

/** Splits `arn:partition:service:region:account:resource`; the resource may contain colons. */
function splitArn(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
