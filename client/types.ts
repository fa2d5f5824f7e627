/**
 * Writes the types of the library into the package that `client/build.js` makes.
 *
 *     node client/types.ts [--out FOLDER]     (default: dist)
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';

const PROJECT = resolve(import.meta.dirname, '..');

const { values } = parseArgs({ options: { out: { type: 'string', default: join(PROJECT, 'dist') } } });
const folder = join(resolve(values.out), 'types');

const config = ts.readConfigFile(join(PROJECT, 'tsconfig.json'), (file) => ts.sys.readFile(file));
const program = ts.createProgram([join(PROJECT, 'client/index.ts')], {
  ...ts.parseJsonConfigFileContent(config.config, ts.sys, PROJECT).options,
  noEmit: false,
  declaration: true,
  emitDeclarationOnly: true,
  rootDir: PROJECT,
  outDir: folder,
});
program.emit(undefined, write, undefined, true);

function write(file: string, text: string): void {
  // The types of the answers are written out, so that the types of the schemas are not needed.
  if (file.startsWith(join(folder, 'api'))) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, file === join(folder, 'client', 'read-answers.d.ts') ? formatAnswerTypes() : text);
}

/**
 * Writes out the types of the answers, which the sources infer from the API's schemas, so that users of the
 * package do not need zod.
 */
function formatAnswerTypes(): string {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(join(PROJECT, 'client/read-answers.ts'));
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error('client/read-answers.ts is not a module');
  return checker
    .getExportsOfModule(module)
    .filter((symbol) => (symbol.flags & ts.SymbolFlags.TypeAlias) !== 0)
    .map((symbol) => {
      const comment = ts.displayPartsToString(symbol.getDocumentationComment(checker));
      const type = checker.typeToString(
        checker.getDeclaredTypeOfSymbol(symbol),
        file,
        ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias,
      );
      return `/** ${comment} */\nexport type ${symbol.name} = ${type};\n`;
    })
    .join('');
}
