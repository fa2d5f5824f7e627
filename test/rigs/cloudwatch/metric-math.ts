/** Evaluates the metric math that the stack uses: numbers, ids, `*`, `/`, `>=`, `IF(…)` and parentheses. */

/** A value of a period; undefined if there is no data. */
export type Value = number | undefined;

/**
 * Computes an expression for one period. The result is undefined if it depends on a missing value or on a
 * division by 0.
 *
 * @param inputs by id
 * @throws Error for syntax that it does not know, and for an id that is not among the inputs
 */
export function computeExpression(expression: string, inputs: Readonly<Record<string, Value>>): Value {
  const tokens = expression.match(/\d+(?:\.\d+)?|\w+|>=|\S/g) ?? [];
  const take = (wanted?: string): string => {
    const token = tokens.shift() ?? 'nothing';
    if (wanted !== undefined && token !== wanted) {
      throw new Error(`${token} instead of ${wanted} in ${expression}`);
    }
    return token;
  };

  const evaluateComparison = (): Value => {
    const left = evaluateProduct();
    if (tokens[0] !== '>=') return left;
    take();
    return combine(left, evaluateProduct(), (a, b) => Number(a >= b));
  };
  const evaluateProduct = (): Value => {
    let value = evaluatePrimary();
    while (tokens[0] === '*' || tokens[0] === '/') {
      const times = take() === '*';
      value = combine(value, evaluatePrimary(), (a, b) => (times ? a * b : b === 0 ? undefined : a / b));
    }
    return value;
  };
  const evaluatePrimary = (): Value => {
    const token = take();
    if (/^\d/.test(token)) return Number(token);
    if (token === '(') {
      const value = evaluateComparison();
      take(')');
      return value;
    }
    if (token === 'IF') return evaluateChoice();
    if (!Object.hasOwn(inputs, token)) throw new Error(`${token} is not known in ${expression}`);
    return inputs[token];
  };
  const evaluateChoice = (): Value => {
    take('(');
    const condition = evaluateComparison();
    take(',');
    const then = evaluateComparison();
    take(',');
    const otherwise = evaluateComparison();
    take(')');
    if (condition === undefined) return undefined;
    return condition === 0 ? otherwise : then;
  };

  const result = evaluateComparison();
  if (tokens.length > 0) throw new Error(`${tokens.join(' ')} is left over in ${expression}`);
  return result;
}

function combine(left: Value, right: Value, operation: (a: number, b: number) => Value): Value {
  return left === undefined || right === undefined ? undefined : operation(left, right);
}
