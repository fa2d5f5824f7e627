/** The union type of all errors of this system, derived from their classes. */
import type * as errors from './errors.ts';

type Errors = typeof errors;

/** An error of any class of `errors.ts`. Its `name` tells the classes apart. */
export type KnownError = {
  [Name in keyof Errors]: Errors[Name] extends new (...args: never[]) => infer Instance ? Instance : never;
}[keyof Errors];
