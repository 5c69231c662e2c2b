/**
 * Reads request heads and writes them with their credential, remembering the last few: clients
 * repeat themselves, and most requests of a connection have the header list of an earlier one. No
 * decision is remembered, only what follows from equal input. No I/O.
 *
 * @module
 */

import type { FieldInjection } from "../../injection.ts";
import { injectFields, uncompressed, withoutProxyFields } from "./inject.ts";
import { type H2Request, parseRequest } from "./request.ts";
import { encodeHeaderBlock } from "../hpack/encoder.ts";
import type { HpackField } from "../hpack/tables.ts";

/** How many header lists are remembered. */
const REMEMBERED = 8;

interface KnownHead {
  readonly request: H2Request;
  /** With which the block was written. */
  injection: FieldInjection | undefined;
  block: Uint8Array | undefined;
}

/** The request heads of one connection. */
export class RequestHeads {
  readonly #redacts: boolean;
  /** Latest first. */
  readonly #known: KnownHead[] = [];
  #tableAnnounced = false;

  /** `redacts`: answers are searched for the credential, and must then come uncompressed. */
  constructor(redacts: boolean) {
    this.#redacts = redacts;
  }

  /**
   * Reads a decoded header list; an equal list gives the same request again.
   *
   * @throws {MalformedRequestError} if it is not exactly one well-formed request.
   */
  parse(fields: readonly HpackField[]): H2Request {
    const at = this.#known.findIndex(({ request }) => areEqual(request.fields, fields));
    const known = at < 0
      ? { request: parseRequest(fields), injection: undefined, block: undefined }
      : this.#known[at]!;
    if (at !== 0) {
      if (at > 0) this.#known.splice(at, 1);
      this.#known.unshift(known);
      this.#known.length = Math.min(this.#known.length, REMEMBERED);
    }
    return known.request;
  }

  /** The header block for the upstream: with `injection`, or as it came if there is none. */
  encode(request: H2Request, injection: FieldInjection | undefined): Uint8Array {
    const known = this.#known.find((candidate) => candidate.request === request);
    if (known?.block !== undefined && known.injection === injection) return known.block;
    const injected = injection === undefined
      ? withoutProxyFields(request.fields)
      : injectFields(request.fields, injection);
    const fields = injection !== undefined && this.#redacts ? uncompressed(injected) : injected;
    if (!this.#tableAnnounced) {
      this.#tableAnnounced = true;
      return encodeHeaderBlock(fields, 0);
    }
    const block = encodeHeaderBlock(fields);
    if (known !== undefined) Object.assign(known, { injection, block });
    return block;
  }
}

/** Fields that live in a table come back as the same objects. */
function areEqual(a: readonly HpackField[], b: readonly HpackField[]): boolean {
  return a.length === b.length && a.every((field, at) => isEqual(field, b[at]!));
}

function isEqual(a: HpackField, b: HpackField): boolean {
  if (a === b) return true;
  return a.name === b.name && a.value === b.value && a.neverIndexed === b.neverIndexed;
}
