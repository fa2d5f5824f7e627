/** Runs Spectral's rules for OpenAPI on a description. */
import { createRequire } from 'node:module';

/** What is used of Spectral, whose types are in the package of the rig alone. */
interface Core {
  readonly Spectral: new () => {
    setRuleset: (ruleset: object) => void;
    run: (document: object) => Promise<readonly { readonly code: string; readonly message: string }[]>;
  };
  readonly Document: new (text: string, parser: unknown, source: string) => object;
}

const require = createRequire(import.meta.url);

/** Lists all problems, down to hints. */
export async function lintDescription(text: string): Promise<string[]> {
  const { Spectral, Document } = require('@stoplight/spectral-core') as Core;
  const { oas } = require('@stoplight/spectral-rulesets') as { oas: object };
  const { Yaml } = require('@stoplight/spectral-parsers') as { Yaml: unknown };
  const spectral = new Spectral();
  spectral.setRuleset({ extends: [oas] });
  const problems = await spectral.run(new Document(text, Yaml, 'openapi.yaml'));
  return problems.map(({ code, message }) => `${code}: ${message}`);
}
