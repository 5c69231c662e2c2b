/**
 * Passes bytes both ways, without looking at them unless secrets are masked in them.
 *
 * @module
 */

import type { ByteReader } from "./stream/byte_reader.ts";
import type { ByteStream } from "./stream/byte_stream.ts";
import type { ResponseBody } from "./http1/response_body.ts";

/** A stream and what was read of it before. */
export interface TunnelEnd {
  readonly stream: ByteStream;
  readonly reader: ByteReader;
  /** Takes from the reader and masks. Absent: what was read passes as it is. */
  readonly body?: ResponseBody;
}

/** Bytes that passed. */
export interface TunnelCounts {
  /** From `a` to `b`. */
  readonly sent: number;
  /** From `b` to `a`. */
  readonly received: number;
}

/**
 * Relays until both directions have ended or one of them breaks, then closes both ends. An end of
 * one direction is passed on and leaves the other open. Never rejects. `touch` is called whenever
 * bytes pass.
 */
export async function tunnel(a: TunnelEnd, b: TunnelEnd, touch: () => void): Promise<TunnelCounts> {
  const closeBoth = (): void => {
    a.stream.close();
    b.stream.close();
  };
  const [sent, received] = await Promise.all([
    pump(a, b, { touch, fail: closeBoth }),
    pump(b, a, { touch, fail: closeBoth }),
  ]);
  closeBoth();
  return { sent, received };
}

async function pump(
  from: TunnelEnd,
  to: TunnelEnd,
  events: { readonly touch: () => void; readonly fail: () => void },
): Promise<number> {
  const { reader, body } = from;
  let count = 0;
  try {
    while (reader.available.length > 0 || await reader.fill()) {
      count += reader.available.length;
      events.touch();
      await to.stream.write(body?.take() ?? reader.take(reader.available.length));
    }
    if (body !== undefined) await to.stream.write(body.takeRest());
    await to.stream.closeWrite();
  } catch {
    // A broken end is the end of the tunnel; there is nobody to tell.
    events.fail();
  }
  return count;
}
