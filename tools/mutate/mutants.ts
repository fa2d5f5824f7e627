/** Finds the places of a source where one small change makes a fault, and what the change is. */
import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';
import ts from 'typescript';

export interface Mutant {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** The lines that change, whitespace collapsed, and what they change to. */
  readonly before: string;
  readonly after: string;
  /** The file with the fault in it. */
  readonly source: string;
}

/** An operator or a function of `Math`, and those that are easily taken for it. */
const SWAPS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<='],
  '<=': ['<'],
  '>': ['>='],
  '>=': ['>'],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&': ['|'],
  '+=': ['-='],
  '-=': ['+='],
  min: ['max'],
  max: ['min'],
  floor: ['ceil'],
  ceil: ['floor'],
  round: ['floor'],
  some: ['every'],
  every: ['some'],
};

/** Every mutant of a file that can be parsed, in the order of its lines. */
export function listMutants(file: string, text: string): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  visit(source);
  return found.sort((a, b) => a.line - b.line);

  function visit(node: ts.Node): void {
    if (holdsNoCode(node)) return;
    for (const [part, replacement] of listChanges(node)) {
      const mutant = makeMutant(part.getStart(source), part.getEnd(), replacement);
      if (canBeParsed(mutant.source)) found.push(mutant);
    }
    ts.forEachChild(node, visit);
  }

  function makeMutant(start: number, end: number, replacement: string): Mutant {
    const from = text.lastIndexOf('\n', start - 1) + 1;
    const to = text.indexOf('\n', end);
    const collapse = (lines: string) => lines.replaceAll(/\s+/g, ' ').trim();
    return {
      file,
      line: source.getLineAndCharacterOfPosition(start).line + 1,
      before: collapse(text.slice(from, to)),
      after: collapse(text.slice(from, start) + replacement + text.slice(end, to)),
      source: text.slice(0, start) + replacement + text.slice(end),
    };
  }
}

/** Types are gone when the program runs, what is imported has no other name, and a message is for people. */
function holdsNoCode(node: ts.Node): boolean {
  return (
    ts.isTypeNode(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    (isText(node) && isMessage(node))
  );
}

const isText = (node: ts.Node) => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);

function isMessage({ parent }: ts.Node): boolean {
  if (ts.isNewExpression(parent)) return parent.expression.getText().endsWith('Error');
  return ts.isCallExpression(parent) && /^super$|^console[.]|Error$/.test(parent.expression.getText());
}

type Change = readonly [part: ts.Node, replacement: string];

function listChanges(node: ts.Node): Change[] {
  return [...listConditionChanges(node), ...listValueChanges(node), ...listStatementChanges(node)];
}

function listConditionChanges(node: ts.Node): Change[] {
  if (ts.isIfStatement(node) || ts.isConditionalExpression(node)) {
    const condition = ts.isIfStatement(node) ? node.expression : node.condition;
    return [
      [condition, 'true'],
      [condition, 'false'],
    ];
  }
  if (ts.isWhileStatement(node) || ts.isDoStatement(node)) return [[node.expression, 'false']];
  if (ts.isForStatement(node) && node.condition !== undefined) return [[node.condition, 'false']];
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    return [[node, node.operand.getText()]];
  }
  return [];
}

function listValueChanges(node: ts.Node): Change[] {
  if (ts.isBinaryExpression(node)) {
    const { left, operatorToken, right } = node;
    if (operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
      return [
        [node, left.getText()],
        [node, `(${right.getText()})`],
      ];
    }
    // Of texts there is no difference.
    if (operatorToken.kind === ts.SyntaxKind.PlusToken && (isText(left) || isText(right))) return [];
    return listSwaps(operatorToken);
  }
  if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(node.parent)) return listSwaps(node.name);
  if (ts.isNumericLiteral(node)) {
    const value = Number(node.text);
    const others = new Set([0, value + 1, value * 1000]);
    others.delete(value);
    return [...others].map((other) => [node, String(other)]);
  }
  if (isText(node)) return node.getText().length > 2 ? [[node, "''"]] : [];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [[node, 'false']];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [[node, 'true']];
  if (ts.isArrayLiteralExpression(node) && node.elements.length > 0) return [[node, '[]']];
  if (ts.isObjectLiteralExpression(node))
    return node.properties.filter(isPlain).map((each) => [each, '...{}']);
  return [];
}

function listSwaps(name: ts.Node): Change[] {
  const others = Object.hasOwn(SWAPS, name.getText()) ? SWAPS[name.getText()] : undefined;
  return (others ?? []).map((other) => [name, other]);
}

/** A property that is dropped is a fault. One whose value can be changed has that one instead. */
function isPlain(property: ts.ObjectLiteralElementLike): boolean {
  if (ts.isShorthandPropertyAssignment(property)) return true;
  const value = ts.isPropertyAssignment(property) ? property.initializer : undefined;
  return value !== undefined && (ts.isIdentifier(value) || ts.isPropertyAccessExpression(value));
}

function listStatementChanges(node: ts.Node): Change[] {
  if (ts.isExpressionStatement(node)) {
    if (
      ts.isCallExpression(node.expression) &&
      node.expression.expression.kind === ts.SyntaxKind.SuperKeyword
    ) {
      return [];
    }
    const removed: Change = [node, ';'];
    return ts.isAwaitExpression(node.expression)
      ? [removed, [node, `void ${node.expression.expression.getText()};`]]
      : [removed];
  }
  const jumps =
    ts.isBreakOrContinueStatement(node) || (ts.isReturnStatement(node) && node.expression === undefined);
  return jumps ? [[node, ';']] : [];
}

function canBeParsed(source: string): boolean {
  try {
    stripTypeScriptTypes(source);
    return true;
  } catch {
    return false;
  }
}

/** Draws `size` of the mutants, or all if there are fewer. The same seed draws the same ones. */
export function drawSample(mutants: readonly Mutant[], size: number, seed: number): Mutant[] {
  const keyOf = ({ file, line, before, after }: Mutant) =>
    createHash('sha256').update([seed, file, line, before, after].join('\n')).digest('hex');
  const keyed = mutants.map((mutant, index) => ({ mutant, index, key: keyOf(mutant) }));
  const drawn = keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, size);
  return drawn.sort((a, b) => a.index - b.index).map(({ mutant }) => mutant);
}
