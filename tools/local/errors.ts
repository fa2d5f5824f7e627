/** What can be wrong with the CDK app or its template, told to the person in front of the local stack. */

/** The template holds something that the local stack cannot do; it names the resource. */
export class UnsupportedTemplateError extends Error {
  override readonly name = 'UnsupportedTemplateError';
}

/** The template holds something that AWS itself would refuse to deploy; it names the resource. */
export class RefusedTemplateError extends Error {
  override readonly name = 'RefusedTemplateError';
}

/** The CDK app could not be synthesized. The message is what the app itself printed. */
export class SynthesisError extends Error {
  override readonly name = 'SynthesisError';
}
