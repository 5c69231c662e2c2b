/**
 * A string that must not leak: it prints as `[redacted]` wherever it is not deliberately revealed.
 *
 * @module
 */

const REDACTED = "[redacted]";

/** Holds one secret string. Only {@link Secret.reveal} gives it out, so a grep for it is a review. */
export class Secret {
  readonly #value: string;

  /** Takes the secret in; from here on only {@link Secret.reveal} gives it out. */
  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Call it only where the secret leaves for the place it is meant for. */
  reveal(): string {
    return this.#value;
  }

  /** Whether both hold the same string. Not constant-time: compare request tokens elsewhere. */
  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  /** Always `[redacted]`. */
  toString(): string {
    return REDACTED;
  }

  /** Always `[redacted]`. */
  toJSON(): string {
    return REDACTED;
  }

  /** What `Deno.inspect` and `console.log` show. */
  [Symbol.for("Deno.customInspect")](): string {
    return REDACTED;
  }

  /** What Node's `util.inspect` shows. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
