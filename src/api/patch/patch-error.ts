/** Why a patch was refused, with the HTTP status that says so. */
export class PatchError extends Error {
  readonly code: 400 | 413 | 415 | 422 | 500;
  constructor(code: 400 | 413 | 415 | 422 | 500, message: string) {
    super(message);
    this.code = code;
  }
}
