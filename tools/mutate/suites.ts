/** Which suites belong to a file: those that import it, directly or through others, and those of its folder. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** Suites that are looked at, by the folder of the file. */
const SUITES: Readonly<Record<string, readonly string[]>> = {
  'src/': ['test/unit/*.test.ts', 'test/ports/*.test.ts'],
  'lib/': ['test/unit/*.test.ts', 'test/stack/*.test.ts'],
};

/** Suites that import nothing of what they test, as it runs in bundles or other processes. They run last. */
const END_TO_END: Readonly<Record<string, readonly string[]>> = {
  'lambdas/': ['test/e2e/wiring*.test.ts'],
  'lib/functions/': ['test/e2e/wiring*.test.ts'],
  'lib/timing.ts': ['test/e2e/wiring*.test.ts'],
  'src/adapters/lambda/': ['test/e2e/wiring*.test.ts'],
  'src/http/http-handler.ts': ['test/e2e/wiring*.test.ts'],
};

/** Takes as long as all others together. What it would see, a suite of the use case must see without it. */
const TOO_SLOW = ['test/unit/simulation.test.ts'];

export interface SuitesOfFile {
  readonly importing: readonly string[];
  readonly endToEnd: readonly string[];
}

/** Finds the suites of files of a project, each named from its root on. */
export class SuiteFinder {
  readonly #project: string;
  readonly #imports = new Map<string, readonly string[]>();

  constructor(project: string) {
    this.#project = project;
  }

  suitesOf(file: string): SuitesOfFile {
    const suites = this.#match(file, SUITES).filter((suite) => !TOO_SLOW.includes(suite));
    return {
      importing: suites.filter((suite) => this.#reachable(suite).has(file)),
      endToEnd: this.#match(file, END_TO_END),
    };
  }

  #match(file: string, table: Readonly<Record<string, readonly string[]>>): string[] {
    const rows = Object.entries(table).filter(([start]) => file.startsWith(start));
    return globSync(
      rows.flatMap(([, patterns]) => patterns),
      { cwd: this.#project },
    ).sort();
  }

  #reachable(file: string): ReadonlySet<string> {
    const reached = new Set([file]);
    // A set that grows is iterated to its end.
    for (const each of reached) for (const imported of this.#importsOf(each)) reached.add(imported);
    return reached;
  }

  /** The files of ours that a file imports, but not those that it takes types of alone. */
  #importsOf(file: string): readonly string[] {
    const known = this.#imports.get(file);
    if (known !== undefined) return known;
    const source = ts.createSourceFile(
      file,
      readFileSync(join(this.#project, file), 'utf8'),
      ts.ScriptTarget.Latest,
    );
    const imported = source.statements
      .flatMap((each) => {
        if (ts.isImportDeclaration(each) && each.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword) {
          return [each.moduleSpecifier];
        }
        return ts.isExportDeclaration(each) && !each.isTypeOnly ? [each.moduleSpecifier] : [];
      })
      .filter((specifier) => specifier !== undefined && ts.isStringLiteral(specifier))
      .filter(({ text }) => text.startsWith('.') && text.endsWith('.ts'))
      .map(({ text }) => join(dirname(file), text))
      .filter((path) => existsSync(join(this.#project, path)));
    this.#imports.set(file, imported);
    return imported;
  }
}
