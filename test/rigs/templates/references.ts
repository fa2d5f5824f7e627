/** Finds the references of a template: what each resource names, and what must be made before it. */
import type { DeployedTemplate, TemplateResource } from './deployed-templates.ts';

export interface Reference {
  readonly logicalId: string;
  /** Undefined for `Ref`. */
  readonly attribute: string | undefined;
}

/** Whether a value is computed by CloudFormation, so that its type cannot be told from the template. */
export function isIntrinsic(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const [key, ...others] = Object.keys(value);
  return key !== undefined && others.length === 0 && (key === 'Ref' || key.startsWith('Fn::'));
}

/** Lists every `Ref`, `Fn::GetAtt` and `${Name}` of `Fn::Sub` in a value, without pseudo parameters. */
export function listReferences(value: unknown): Reference[] {
  if (Array.isArray(value)) return value.flatMap(listReferences);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .flatMap(([key, inner]: [string, unknown]): Reference[] => {
      if (key === 'Ref' && typeof inner === 'string') return [{ logicalId: inner, attribute: undefined }];
      if (key === 'Fn::GetAtt' && Array.isArray(inner)) {
        const [logicalId = '', ...attribute] = inner.map(String);
        return [{ logicalId, attribute: attribute.join('.') }];
      }
      if (key === 'Fn::Sub' && typeof inner === 'string') {
        return [...inner.matchAll(/\$\{(?!!)([\w:]+)(?:\.([\w.]+))?\}/g)].map(
          ([, logicalId = '', attribute]) => ({ logicalId, attribute }),
        );
      }
      return listReferences(inner);
    })
    .filter(({ logicalId }) => !logicalId.startsWith('AWS::'));
}

/** Lists the resources of the template that CloudFormation makes before a resource. */
function listDependencies({ template }: DeployedTemplate, resource: TemplateResource): string[] {
  const named = listReferences(resource.Properties).map(({ logicalId }) => logicalId);
  return [...new Set([...resource.DependsOn, ...named])].filter((id) => id in template.Resources);
}

/** Lists everything that is made before a resource, itself included if there is a circle. */
export function listAllDependencies(deployed: DeployedTemplate, logicalId: string): Set<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    const resource = deployed.template.Resources[id];
    for (const each of resource === undefined ? [] : listDependencies(deployed, resource)) {
      if (found.has(each)) continue;
      found.add(each);
      visit(each);
    }
  };
  visit(logicalId);
  return found;
}
