/**
 * Holds templates to the resource schemas that AWS publishes, as the database `@aws-cdk/aws-service-spec` has
 * them: types of resources, properties and attributes, required and read-only properties, types of values and
 * enumerations. It has no patterns, lengths or bounds; the CDK's own validator checks those
 * (validate-variants.ts).
 */
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, SpecDatabase } from '@aws-cdk/service-spec-types';
import type { DeployedTemplate } from './deployed-templates.ts';
import { isIntrinsic, listReferences } from './references.ts';

type Properties = Readonly<Record<string, Property>>;

export class SchemaRules {
  readonly #database: SpecDatabase = loadAwsServiceSpecSync();

  /** Lists what contradicts the schemas, each with its path in the template. */
  findProblems(templates: readonly DeployedTemplate[]): string[] {
    return templates.flatMap((deployed) => this.#checkTemplate(deployed));
  }

  #checkTemplate(deployed: DeployedTemplate): string[] {
    const { Resources } = deployed.template;
    return Object.entries(Resources).flatMap(([logicalId, { Type, Properties }]) => {
      const schema = this.#findResource(Type);
      if (schema === undefined) return [`${logicalId}: ${Type} is no type of resource`];
      return [
        ...this.#checkProperties(Properties, schema.properties, logicalId, Object.keys(schema.attributes)),
        ...this.#checkReferences(deployed, Properties, logicalId),
      ];
    });
  }

  #findResource(type: string) {
    return this.#database.lookup('resource', 'cloudFormationType', 'equals', type)[0];
  }

  #checkProperties(
    values: object,
    schema: Properties,
    path: string,
    attributes: readonly string[] = [],
  ): string[] {
    const missing = Object.entries(schema)
      .filter(([name, { required }]) => required === true && !(name in values))
      .map(([name]) => `${path}: ${name} is required`);
    const wrong = Object.entries(values).flatMap(([name, value]) => {
      const property = schema[name];
      if (property !== undefined) return this.#checkProperty(value, property, `${path}.${name}`);
      return [`${path}.${name} is ${attributes.includes(name) ? 'read-only' : 'no property'}`];
    });
    return [...missing, ...wrong];
  }

  /** A property may have had other types before, which CloudFormation still takes. */
  #checkProperty(value: unknown, { type, previousTypes = [] }: Property, path: string): string[] {
    return this.#checkAgainstOne(value, [type, ...previousTypes], path);
  }

  /** Checks a value against several types. Of those that it contradicts, the first one is reported. */
  #checkAgainstOne(value: unknown, types: readonly PropertyType[], path: string): string[] {
    const problems = types.map((type) => this.#checkValue(value, type, path));
    return problems.some(({ length }) => length === 0) ? [] : (problems[0] ?? []);
  }

  #checkValue(value: unknown, type: PropertyType, path: string): string[] {
    if (isIntrinsic(value)) return [];
    switch (type.type) {
      case 'string':
        return typeof value === 'string'
          ? checkAllowed(value, type.allowedValues, path)
          : [expect(path, 'text')];
      case 'date-time':
        return typeof value === 'string' ? [] : [expect(path, 'a time')];
      case 'integer':
        return Number.isInteger(value)
          ? checkAllowed(value, type.allowedValues, path)
          : [expect(path, 'a whole number')];
      case 'number':
        return typeof value === 'number' ? [] : [expect(path, 'a number')];
      case 'boolean':
        return typeof value === 'boolean' ? [] : [expect(path, 'true or false')];
      case 'null':
        return value === null ? [] : [expect(path, 'null')];
      case 'json':
        return typeof value === 'object' || typeof value === 'string' ? [] : [expect(path, 'JSON')];
      case 'tag':
        return isObject(value) && 'Key' in value && 'Value' in value ? [] : [expect(path, 'a tag')];
      case 'array':
        return Array.isArray(value)
          ? value.flatMap((item, index) => this.#checkValue(item, type.element, `${path}.${index}`))
          : [expect(path, 'a list')];
      case 'map':
        return isObject(value)
          ? Object.entries(value).flatMap(([key, item]) =>
              this.#checkValue(item, type.element, `${path}.${key}`),
            )
          : [expect(path, 'an object')];
      case 'ref':
        return isObject(value)
          ? this.#checkProperties(
              value,
              this.#database.get('typeDefinition', type.reference).properties,
              path,
            )
          : [expect(path, 'an object')];
      case 'union':
        return this.#checkAgainstOne(value, type.types, path);
    }
  }

  /** Each reference must name a parameter, or a resource and an attribute that resources of its type have. */
  #checkReferences({ template }: DeployedTemplate, properties: unknown, path: string): string[] {
    return listReferences(properties).flatMap(({ logicalId, attribute }) => {
      if (logicalId in template.Parameters && attribute === undefined) return [];
      const target = template.Resources[logicalId];
      if (target === undefined) return [`${path}: there is no ${logicalId}`];
      const schema = this.#findResource(target.Type);
      const known = attribute === undefined || (schema !== undefined && attribute in schema.attributes);
      return known ? [] : [`${path}: ${target.Type} has no attribute ${attribute}`];
    });
  }
}

function checkAllowed(value: unknown, allowed: readonly unknown[] | undefined, path: string): string[] {
  if (allowed === undefined || allowed.some((each) => each === value)) return [];
  return [`${path} is ${JSON.stringify(value)}, expected one of ${allowed.join(', ')}`];
}

function expect(path: string, what: string): string {
  return `${path} is not ${what}`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
