/** Defines the errors about the CDK app and its template that the local stack shows to its user. */

/** The template contains something that the local stack does not support. The message names the resource. */
export class UnsupportedTemplateError extends Error {
  override readonly name = 'UnsupportedTemplateError';
}

/** The template contains something that AWS would refuse to deploy. The message names the resource. */
export class RefusedTemplateError extends Error {
  override readonly name = 'RefusedTemplateError';
}

/** The CDK app could not be synthesized. The message contains the app's output. */
export class SynthesisError extends Error {
  override readonly name = 'SynthesisError';
}
