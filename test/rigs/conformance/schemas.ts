/** Validates values by schemas of the description. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { MAX_DISTINCT_ITEMS } from '../../../api/create-body.ts';
import type { Document, Schema } from './document.ts';

export class Schemas {
  private readonly ajv: Ajv2020;
  private readonly document: Document;
  private readonly compiled = new Map<Schema, ValidateFunction>();

  constructor(document: Document) {
    this.document = document;
    // Its keywords are not all JSON Schema's own: examples and components stand beside them.
    this.ajv = new Ajv2020({ strict: false });
    addFormats.default(this.ajv);
    this.ajv.addKeyword({
      keyword: MAX_DISTINCT_ITEMS,
      type: 'array',
      schemaType: 'number',
      validate: (limit: number, items: unknown[]) => new Set(items).size <= limit,
    });
  }

  /** What is wrong with a value, by JSON pointer; undefined when nothing is. */
  fault(schema: Schema, value: unknown): string | undefined {
    let validate = this.compiled.get(schema);
    if (validate === undefined) {
      // References lead from the root of the document to its components.
      validate = this.ajv.compile({ ...schema, components: this.document.components });
      this.compiled.set(schema, validate);
    }
    if (validate(value)) return undefined;
    const [error] = validate.errors ?? [];
    return `${error?.instancePath ?? ''}: ${error?.message ?? ''} ${JSON.stringify(error?.params)}`;
  }
}
