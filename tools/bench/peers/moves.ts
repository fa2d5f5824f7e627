/** What the peers have in common: whose name stands in what they write. */
export const CREATOR = '0190a8f0-5b7e-7c3a-9d55-3f1b6a2c4e11';
