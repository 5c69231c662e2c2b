/**
 * Counts body bytes of DATA frames that arrive in pieces, without their padding. No I/O.
 *
 * @module
 */

import { FLAG, H2_ERROR, H2Error } from "./h2_frame.ts";
import type { FramePart } from "./h2_scanner.ts";

/** Follows the DATA frames of one direction. */
export class BodyCounter {
  #paddingUnread = false;

  /**
   * How many body bytes the next piece of a DATA frame adds. Padding is subtracted as soon as its
   * length is known, so a single piece may count less than nothing; the frame's sum is right.
   *
   * @throws {H2Error} if the padding is longer than the frame (RFC 9113, section 6.1).
   */
  count(part: FramePart): number {
    const { head, bytes, payloadStart, end, first, last } = part;
    if (first) this.#paddingUnread = (head.flags & FLAG.padded) !== 0;
    if (!this.#paddingUnread) return end - payloadStart;
    const padding = payloadStart < end ? bytes[payloadStart] : undefined;
    if (padding === undefined && !last) return 0;
    if (padding === undefined || padding >= head.length) {
      throw new H2Error(H2_ERROR.protocolError, "the padding is longer than its frame");
    }
    this.#paddingUnread = false;
    return end - payloadStart - 1 - padding;
  }
}
