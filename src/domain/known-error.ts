/** The type of all errors of this system, which follows from their classes. */
import type * as errors from './errors.ts';

type Errors = typeof errors;

/** An error of any of the classes, told apart by its `name`. */
export type KnownError = {
  [Name in keyof Errors]: Errors[Name] extends new (...args: never[]) => infer Instance ? Instance : never;
}[keyof Errors];
