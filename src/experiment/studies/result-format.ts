/** What result.json says it is. */
export const RESULT_FORMAT = 'wavetank-result/1';
