/** Finds the suites of a file: those that import it, directly or through others, and those of its folder. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** Suites that are looked at, by the folder of the file. */
const SUITES: Readonly<Record<string, readonly string[]>> = {
  'src/': ['test/unit/*.test.ts', 'test/ports/*.test.ts', 'test/lambdas/*.test.ts'],
  'src/http/': ['test/stack/issuers.test.ts'],
  // It compares the log's events with their page.
  'src/observability/': ['test/stack/documents.test.ts'],
  'lambdas/': ['test/lambdas/*.test.ts'],
  'lib/': ['test/unit/*.test.ts', 'test/stack/*.test.ts'],
};

/** Suites that run the functions in bundles: they import nothing of what they test. */
const BUNDLED: Readonly<Record<string, readonly string[]>> = {
  'lambdas/': ['test/wiring/*.test.ts'],
  'lib/functions/': ['test/wiring/*.test.ts'],
  'lib/worker-times.ts': ['test/wiring/*.test.ts'],
  'src/adapters/lambda/': ['test/wiring/*.test.ts'],
  'src/adapters/sqs/return-to-queue.ts': ['test/wiring/*.test.ts'],
  'src/http/http-handler.ts': ['test/wiring/*.test.ts'],
};

/** Takes as long as all others together. What it would see, a suite of the use case must see without it. */
const TOO_SLOW = ['test/unit/simulation.test.ts'];

/** Finds the suites of files of a project, each named from its root on. */
export class SuiteFinder {
  readonly #project: string;
  readonly #imports = new Map<string, readonly string[]>();

  constructor(project: string) {
    this.#project = project;
  }

  findSuites(file: string): readonly string[] {
    const suites = this.#matchSuites(file, SUITES).filter((suite) => !TOO_SLOW.includes(suite));
    const importing = suites.filter((suite) => this.#findReachable(suite).has(file));
    return [...new Set([...importing, ...this.#matchSuites(file, BUNDLED)])];
  }

  #matchSuites(file: string, table: Readonly<Record<string, readonly string[]>>): string[] {
    const rows = Object.entries(table).filter(([start]) => file.startsWith(start));
    return globSync(
      rows.flatMap(([, patterns]) => patterns),
      { cwd: this.#project },
    ).sort();
  }

  #findReachable(file: string): ReadonlySet<string> {
    const reached = new Set([file]);
    // A set that grows is iterated to its end.
    for (const each of reached) for (const imported of this.#readImports(each)) reached.add(imported);
    return reached;
  }

  /** The files of ours that a file imports, but not those that it takes types of alone. */
  #readImports(file: string): readonly string[] {
    const known = this.#imports.get(file);
    if (known !== undefined) return known;
    const text = readFileSync(join(this.#project, file), 'utf8');
    const declared = ts.createSourceFile(file, text, ts.ScriptTarget.Latest).statements.flatMap((each) => {
      if (ts.isImportDeclaration(each) && each.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword) {
        return [each.moduleSpecifier];
      }
      return ts.isExportDeclaration(each) && !each.isTypeOnly ? [each.moduleSpecifier] : [];
    });
    const names = declared.map((each) => (each !== undefined && ts.isStringLiteral(each) ? each.text : ''));
    const atRunTime = text.includes('await import(') ? listNamesOfFiles(text) : [];
    const imported = [...names, ...atRunTime]
      .filter((name) => name.startsWith('.') && name.endsWith('.ts'))
      .map((name) => join(dirname(file), name))
      .filter((path) => existsSync(join(this.#project, path)));
    this.#imports.set(file, imported);
    return imported;
  }
}

/** Lists what is named outside of its import statements: a name may be chosen before it is imported. */
function listNamesOfFiles(text: string): string[] {
  const code = text.replaceAll(/^import .*?;$/gms, '');
  return [...code.matchAll(/'(\.[^'\n]*\.ts)'/g)].map(([, name = '']) => name);
}
