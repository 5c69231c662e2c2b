/**
 * What is thrown at header blocks that cannot be decoded.
 *
 * @module
 */

/** The peer's header block cannot be decoded; the connection's compression state is lost. */
export class HpackError extends Error {
  constructor(reason: string) {
    super(`The header block is not valid HPACK: ${reason}.`);
    this.name = "HpackError";
  }
}
