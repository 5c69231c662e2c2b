/**
 * Waits for a request's whole body before the request is sent: only for signatures that cover it.
 *
 * @module
 */

import { findField } from "./head_lines.ts";
import { refuse, RefusedError } from "../decision/refusal.ts";
import type { RequestHead } from "./request_head.ts";
import { type ClientEnd, ClientGoneError } from "./request_sender.ts";

/** How a body is held. */
export interface HoldOptions {
  readonly head: RequestHead;
  /** Most bytes that are held. */
  readonly limit: number;
  /** Called whenever bytes arrive. */
  readonly touch: () => void;
}

const EXPECT = "Expect";
const CONTINUE = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

/**
 * The body, which is left in the client's reader. The view is valid until that is read from.
 *
 * @throws {RefusedError} 411 if its length is unknown, 413 if it is too large.
 * @throws {ClientGoneError} if it does not come.
 */
export async function holdBody(client: ClientEnd, options: HoldOptions): Promise<Uint8Array> {
  const { head, touch } = options;
  const { reader } = client;
  const length = knownLength(options);
  if (reader.available.length < length && findField(head.lines, EXPECT) >= 0) {
    // The upstream cannot say it yet, and without it the client may wait for a second.
    await client.stream.write(CONTINUE);
  }
  while (reader.available.length < length) {
    if (!await reader.fill().catch(() => false)) throw new ClientGoneError();
    touch();
  }
  return reader.available.subarray(0, length);
}

function knownLength({ head: { framing }, limit }: HoldOptions): number {
  if (framing.kind === "none") return 0;
  if (framing.kind !== "length") {
    const message = "The signature of this request covers its body, whose length is not given.";
    throw new RefusedError(refuse(411, message, "Send it with a Content-Length."));
  }
  if (framing.length <= limit) return framing.length;
  const message = "The signature of this request covers its body, which is held for that, but " +
    `${framing.length} bytes are more than the ${limit} that may be.`;
  throw new RefusedError(refuse(413, message, "Send it in smaller parts."));
}
