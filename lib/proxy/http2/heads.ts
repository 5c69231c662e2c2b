/**
 * Reads request heads and writes them with their credential, remembering the last few: clients
 * repeat themselves, and most requests of a connection have the header list of an earlier one. No
 * decision is remembered, only what follows from equal input. No I/O.
 *
 * @module
 */

import type { Awaitable } from "../../awaitable.ts";
import type { FieldInjection } from "../../injection.ts";
import { injectFields, uncompressed, withoutProxyFields } from "./inject.ts";
import { type H2Request, parseRequest } from "./request.ts";
import type { H2RelayPolicy } from "./session.ts";
import type { H2Decision } from "./stream.ts";
import { encodeHeaderBlock } from "../hpack/encoder.ts";
import type { HpackField } from "../hpack/tables.ts";

/** How many header lists are remembered. */
const REMEMBERED = 8;

/** A request head and what follows from it. */
export interface RequestHead<D extends H2Decision> {
  readonly request: H2Request;
  /** Decides about one request with this head. */
  readonly decide: () => Awaitable<D>;
  /** With which the block was written. */
  injection: FieldInjection | undefined;
  /** As it was written last, if that can be repeated. */
  block: Uint8Array | undefined;
}

/** The request heads of one connection. */
export class RequestHeads<D extends H2Decision> {
  readonly #policy: Pick<H2RelayPolicy<D>, "prepare" | "redaction">;
  readonly #known: RequestHead<D>[] = [];
  /** Which of them is the oldest, once there are as many as are remembered. */
  #oldest = 0;
  #tableAnnounced = false;

  /** Where answers are searched for the credential, they must come uncompressed. */
  constructor(policy: Pick<H2RelayPolicy<D>, "prepare" | "redaction">) {
    this.#policy = policy;
  }

  /**
   * Reads a decoded header list; an equal list gives the same head again.
   *
   * @throws {MalformedRequestError} if it is not exactly one well-formed request.
   */
  parse(fields: readonly HpackField[]): RequestHead<D> {
    for (const known of this.#known) if (areEqual(known.request.fields, fields)) return known;
    const request = parseRequest(fields);
    const decide = this.#policy.prepare(request);
    const head = { request, decide, injection: undefined, block: undefined };
    this.#known[this.#oldest] = head;
    this.#oldest = (this.#oldest + 1) % REMEMBERED;
    return head;
  }

  /** The header block for the upstream: with `injection`, or as it came if there is none. */
  encode(head: RequestHead<D>, injection: FieldInjection | undefined): Uint8Array {
    if (head.block !== undefined && head.injection === injection) return head.block;
    const { fields } = head.request;
    const injected = injection === undefined
      ? withoutProxyFields(fields)
      : this.#inject(fields, injection);
    if (!this.#tableAnnounced) {
      this.#tableAnnounced = true;
      return encodeHeaderBlock(injected, 0);
    }
    head.injection = injection;
    return head.block = encodeHeaderBlock(injected);
  }

  #inject(fields: readonly HpackField[], injection: FieldInjection): readonly HpackField[] {
    const injected = injectFields(fields, injection);
    return this.#policy.redaction === undefined ? injected : uncompressed(injected);
  }
}

/** Fields that live in a table come back as the same objects. */
function areEqual(a: readonly HpackField[], b: readonly HpackField[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (!isEqual(a[at]!, b[at]!)) return false;
  return true;
}

function isEqual(a: HpackField, b: HpackField): boolean {
  if (a === b) return true;
  return a.name === b.name && a.value === b.value && a.neverIndexed === b.neverIndexed;
}
