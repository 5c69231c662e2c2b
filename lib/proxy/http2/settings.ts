/**
 * Follows the SETTINGS of one peer as they pass through the proxy (RFC 9113, section 6.5): they
 * govern what the other peer may send, and so what our decoder and scanner must accept.
 *
 * @module
 */

import { readUint32, writeUint32 } from "../stream/bytes.ts";
import {
  DEFAULT_FRAME_SIZE,
  DEFAULT_WINDOW,
  H2_ERROR,
  H2Error,
  MAX_FRAME_SIZE,
  MAX_WINDOW,
  SETTING,
} from "./frame.ts";
import type { FramePart } from "./scanner.ts";
import { DEFAULT_TABLE_SIZE, type TableSize } from "../hpack/table_size.ts";

const SETTING_SIZE = 6;

/** What we are ready for, whatever a peer announces. */
export interface SettingsLimits {
  /** HPACK table, in bytes. */
  readonly tableBytes: number;
  /** Payload of a frame, in bytes. */
  readonly frameBytes: number;
  /** SETTINGS frames under way. */
  readonly unacknowledged: number;
}

/** What the peer announced and the other one has or has not acknowledged. */
export class PeerSettings {
  /** The largest frame ever allowed to be sent to the peer, in bytes. */
  maxFrameSize: number = DEFAULT_FRAME_SIZE;
  /** Initial window of streams towards the peer, in bytes. */
  initialWindow: number = DEFAULT_WINDOW;
  /** Of what is sent to the peer. */
  readonly #table: TableSize;
  readonly #limits: SettingsLimits;
  #tableSize = DEFAULT_TABLE_SIZE;
  /** Table size that each unacknowledged frame leads to. */
  #pending: number[] = [];

  constructor(
    table: TableSize,
    limits: SettingsLimits,
  ) {
    this.#table = table;
    this.#limits = limits;
  }

  /**
   * Takes a whole SETTINGS frame.
   *
   * @returns the payload to relay: the same settings, but no larger table or frames than we are
   * ready to keep.
   * @throws {H2Error} if a value is out of range or too many frames are unacknowledged.
   */
  announce({ bytes, payloadStart, end }: FramePart): Uint8Array {
    const relayed = bytes.slice(payloadStart, end);
    for (let at = 0; at < relayed.length; at += SETTING_SIZE) this.#apply(relayed, at);
    this.#pending.push(this.#tableSize);
    if (this.#pending.length > this.#limits.unacknowledged) {
      throw new H2Error(H2_ERROR.enhanceYourCalm, "too many SETTINGS");
    }
    this.#table.allow(this.#tableSize);
    return relayed;
  }

  /** Takes the acknowledgement of the oldest frame: from here on its limits bind. */
  acknowledge(): void {
    const size = this.#pending.shift();
    if (size !== undefined && this.#pending.every((later) => later <= size)) {
      this.#table.limit(size);
    }
  }

  #apply(settings: Uint8Array, at: number): void {
    const value = readUint32(settings, at + 2);
    switch ((settings[at]! << 8) | settings[at + 1]!) {
      case SETTING.headerTableSize:
        this.#tableSize = Math.min(value, this.#limits.tableBytes);
        writeUint32(settings, at + 2, this.#tableSize);
        break;
      case SETTING.enablePush:
        if (value > 1) throw outOfRange(H2_ERROR.protocolError);
        break;
      case SETTING.initialWindowSize:
        if (value > MAX_WINDOW) throw outOfRange(H2_ERROR.flowControlError);
        this.initialWindow = value;
        break;
      case SETTING.maxFrameSize:
        if (value < DEFAULT_FRAME_SIZE || value > MAX_FRAME_SIZE) {
          throw outOfRange(H2_ERROR.protocolError);
        }
        writeUint32(settings, at + 2, Math.min(value, this.#limits.frameBytes));
        this.maxFrameSize = Math.max(this.maxFrameSize, Math.min(value, this.#limits.frameBytes));
        break;
    }
  }
}

function outOfRange(code: number): H2Error {
  return new H2Error(code, "a setting is out of range");
}
