/**
 * Holds templates to the rules of AWS Control Tower, with the program cfn-guard that
 * `@cdklabs/cdk-validator-cfnguard` brings. Only rules that name a type of the templates are run: no other
 * one can find anything.
 * https://docs.aws.amazon.com/controltower/latest/controlreference/proactive-controls.html
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CfnGuardValidator } from '@cdklabs/cdk-validator-cfnguard';
import type { DeployedTemplate } from './deployed-templates.ts';

const RULES = join(
  dirname(createRequire(import.meta.url).resolve('@cdklabs/cdk-validator-cfnguard/package.json')),
  'rules/control-tower/cfn-guard',
);

/** Runs the rules once on all templates. Returns the controls that each file does not meet. */
export function listUnmetControls(templates: readonly DeployedTemplate[]): Map<string, Set<string>> {
  const types = new Set(
    templates.flatMap(({ template }) => Object.values(template.Resources).map(({ Type }) => Type)),
  );
  const validator = new CfnGuardValidator({ controlTowerRulesEnabled: false, rules: listRules(types) });
  const files = templates.map(({ file }) => file);
  const { violations } = validator.validate({ templatePaths: files } as Parameters<
    typeof validator.validate
  >[0]);
  const unmet = new Map(files.map((file) => [file, new Set<string>()]));
  for (const { ruleName, description, violatingResources } of violations) {
    // The identifier of the control, like CT.SQS.PR.1.
    const control = /\[(CT\.[\w.]+)\]/.exec(description)?.[1] ?? ruleName;
    for (const { templatePath } of violatingResources) unmet.get(templatePath)?.add(control);
  }
  return unmet;
}

function listRules(types: ReadonlySet<string>): string[] {
  return readdirSync(RULES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.guard'))
    .map((name) => join(RULES, name))
    .filter((file) => {
      const text = readFileSync(file, 'utf8');
      return [...types].some((type) => text.includes(`"${type}"`));
    });
}
