/**
 * A stand-in for the server of a Realtime session: a WebSocket that speaks in JSON events.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { headerOf } from "./api_origin.ts";
import { fromLatin1, type Wire } from "./wire.ts";

/** What is appended to the client's key (RFC 6455, section 1.3). */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const CLOSE = 8;

interface ClientEvent {
  readonly type: string;
  readonly item?: { readonly content: readonly { readonly text: string }[] };
}

/** Accepts the upgrade that a head asks for and talks until the client closes. */
export async function playRealtime(wire: Wire, head: string): Promise<void> {
  const key = headerOf(head, "sec-websocket-key") ?? "";
  const accept = createHash("sha1").update(key + KEY_SUFFIX).digest("base64");
  const protocol = headerOf(head, "sec-websocket-protocol")?.split(/, */).at(-1);
  await wire.send(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      (protocol === undefined ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`) +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  await sendEvent(wire, { type: "session.created" });
  let heard = "";
  for (;;) {
    const { opcode, payload } = await takeFrame(wire);
    if (opcode === CLOSE) return await sendFrame(wire, CLOSE, payload);
    const event: ClientEvent = JSON.parse(payload);
    if (event.type === "conversation.item.create") heard = event.item?.content[0]?.text ?? "";
    if (event.type === "response.create") await answer(wire, heard);
  }
}

async function answer(wire: Wire, heard: string): Promise<void> {
  const words = ["heard ", heard.slice(0, 8).trim(), ` in ${heard.length} characters`];
  for (const delta of words) await sendEvent(wire, { type: "response.output_text.delta", delta });
  await sendEvent(wire, { type: "response.done" });
}

async function sendEvent(wire: Wire, event: Readonly<Record<string, string>>): Promise<void> {
  await sendFrame(wire, TEXT, JSON.stringify({ event_id: "event_1", ...event }));
}

/** `payload`: at most 125 bytes, latin-1. */
async function sendFrame(wire: Wire, opcode: number, payload: string): Promise<void> {
  await wire.send(`${String.fromCharCode(0x80 | opcode, payload.length)}${payload}`);
}

async function takeFrame(wire: Wire): Promise<{ opcode: number; payload: string }> {
  const [first = 0, second = 0] = fromLatin1(await wire.takeBytes(2));
  const size = ({ 126: 2, 127: 8 } as Readonly<Record<number, number>>)[second & 0x7f] ?? 0;
  const extended = fromLatin1(await wire.takeBytes(size));
  const length = size === 0 ? second & 0x7f : extended.reduce((sum, byte) => sum * 256 + byte, 0);
  const mask = fromLatin1(await wire.takeBytes(4));
  const masked = fromLatin1(await wire.takeBytes(length));
  const payload = masked.map((byte, at) => byte ^ (mask[at & 3] ?? 0));
  return { opcode: first & 15, payload: new TextDecoder("latin1").decode(payload) };
}
