/**
 * Envelopes: one secret field, sealed with AES-256-GCM (NIST SP 800-38D) and bound to its place.
 *
 * Theory of operation: the associated data is the record key, a NUL and the field name, so an
 * envelope that was moved to another record or field does not open. Nonces are 96 random bits, fresh
 * for every sealing; tags are always 16 bytes. Reading is strict: a field too many, a shorter tag or
 * base64 with a loose end is refused before any cryptography.
 *
 * @module
 */

import type { Envelope } from "../connection.ts";
import { AuthsomeError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { nodeCrypto } from "./node_crypto.ts";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Canonical base64 (RFC 4648, section 4): padding bits are zero, so that one text is one value. */
const BASE64 =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;
const KID = /^[a-z0-9-]{1,64}$/;
/** Base64 of 12 and of 16 bytes. */
const NONCE = /^[A-Za-z0-9+/]{16}$/;
const TAG = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** Length of every key, in bytes. */
export const KEY_BYTES = 32;

/** A key and its name. */
export interface SealingKey {
  /** What envelopes carry as `kid`. */
  readonly kid: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** Where an envelope belongs. */
export interface EnvelopePlace {
  readonly recordKey: string;
  readonly field: string;
}

/** Seals a secret for one place. */
export function seal(secret: Secret, key: SealingKey, place: EnvelopePlace): Envelope {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const cipher = nodeCrypto().createCipheriv(ALGORITHM, key.bytes, nonce, {
    authTagLength: TAG_BYTES,
  });
  cipher.setAAD(associatedData(place));
  // Bytes, not an output encoding: Deno 2.7 encodes each part by itself and loses some.
  const parts = [cipher.update(new TextEncoder().encode(secret.reveal())), cipher.final()];
  return {
    enc: 1,
    alg: "AES-256-GCM",
    kid: key.kid,
    nonce: nonce.toBase64(),
    ciphertext: join(parts).toBase64(),
    tag: join([cipher.getAuthTag()]).toBase64(),
  };
}

/**
 * Opens an envelope at the place it was read from.
 *
 * @throws {AuthsomeError} `vault_unavailable` if it was sealed with another key, for another place,
 * or has been changed.
 */
export function unseal(envelope: Envelope, key: SealingKey, place: EnvelopePlace): Secret {
  if (envelope.kid !== key.kid) throw unopened(place, "was sealed with another data key");
  try {
    const decipher = nodeCrypto().createDecipheriv(ALGORITHM, key.bytes, bytesOf(envelope.nonce), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(associatedData(place));
    decipher.setAuthTag(bytesOf(envelope.tag));
    const bytes = join([decipher.update(bytesOf(envelope.ciphertext)), decipher.final()]);
    return new Secret(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    // The cause says nothing more, and must not be able to.
    throw unopened(place, "has been changed or was moved here from another place");
  }
}

/**
 * Reads an envelope from JSON.
 *
 * @returns `undefined` if it is not exactly the shape that {@link seal} makes.
 */
export function parseEnvelope(value: unknown): Envelope | undefined {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 6) return;
  const { enc, alg, kid, nonce, ciphertext, tag } = value as Readonly<Record<string, unknown>>;
  if (enc !== 1 || alg !== "AES-256-GCM") return undefined;
  if (typeof kid !== "string" || !KID.test(kid)) return undefined;
  if (typeof nonce !== "string" || !NONCE.test(nonce)) return undefined;
  if (typeof tag !== "string" || !TAG.test(tag)) return undefined;
  if (typeof ciphertext !== "string" || !BASE64.test(ciphertext)) return undefined;
  return { enc, alg, kid, nonce, ciphertext, tag };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.fromBase64(base64, { lastChunkHandling: "strict" });
}

/** A copy, and no longer Node's kind of buffer. */
function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function associatedData(place: EnvelopePlace): Uint8Array {
  return new TextEncoder().encode(`${place.recordKey}\0${place.field}`);
}

function unopened(place: EnvelopePlace, what: string): AuthsomeError {
  return new AuthsomeError(
    "vault_unavailable",
    `The field '${place.field}' of '${place.recordKey}' cannot be opened: it ${what}.`,
    { hint: "Run: authsome doctor" },
  );
}
