/** Validates values against the schemas of docs/openapi.yaml. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { MAX_DISTINCT_ITEMS } from '../../../api/create-body.ts';
import type { Document, Schema } from './read-description.ts';

export class SchemaCheck {
  readonly #ajv: Ajv2020;
  readonly #document: Document;
  readonly #compiled = new Map<Schema, ValidateFunction>();

  constructor(document: Document) {
    this.#document = document;
    // Not strict: the schemas also contain keywords that JSON Schema does not define, such as `components`.
    this.#ajv = new Ajv2020({ strict: false });
    addFormats.default(this.#ajv);
    this.#ajv.addKeyword({
      keyword: MAX_DISTINCT_ITEMS,
      type: 'array',
      schemaType: 'number',
      validate: (limit: number, items: unknown[]) => new Set(items).size <= limit,
    });
  }

  /** Returns the first fault of a value, with its JSON pointer; undefined if the value is valid. */
  findFault(schema: Schema, value: unknown): string | undefined {
    let validate = this.#compiled.get(schema);
    if (validate === undefined) {
      // References start at the root of the document, so the schema needs the document's components.
      validate = this.#ajv.compile({ ...schema, components: this.#document.components });
      this.#compiled.set(schema, validate);
    }
    if (validate(value)) return undefined;
    const [error] = validate.errors ?? [];
    return `${error?.instancePath ?? ''}: ${error?.message ?? ''} ${JSON.stringify(error?.params)}`;
  }
}
