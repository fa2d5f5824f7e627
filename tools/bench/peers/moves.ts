/** The user that the peers' writes name. */
export const CREATOR = '0190a8f0-5b7e-7c3a-9d55-3f1b6a2c4e11';
