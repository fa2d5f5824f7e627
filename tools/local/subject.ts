/** Who tokens of the local issuer are for when nobody says. */
export const DEFAULT_SUBJECT = '11111111-1111-4111-8111-111111111111';
