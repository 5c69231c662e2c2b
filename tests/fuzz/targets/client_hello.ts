/**
 * ClientHello: never an error, and no change of mind as more bytes arrive.
 *
 * @module
 */

import assert from "node:assert/strict";
import { concat } from "../../../lib/proxy/stream/bytes.ts";
import { peekClientHello } from "../../../lib/proxy/client_hello.ts";
import type { Random } from "../../support/random.ts";
import { fromLatin1 } from "../../support/wire.ts";
import type { FuzzTarget } from "../target.ts";

/** The target. */
export const clientHello: FuzzTarget = {
  name: "client_hello",
  generate: generateHello,
  check: (input, random) => {
    const last = peekClientHello(input);
    for (let round = 0; round < 8; round++) {
      const earlier = peekClientHello(input.slice(0, random.below(input.length + 1)));
      if (earlier.kind !== "incomplete") assert.deepEqual(earlier, last);
    }
  },
};

function sized(lengthBytes: 1 | 2 | 3, content: Uint8Array): Uint8Array {
  const { length } = content;
  return concat([
    Uint8Array.of(length >> 16, length >> 8, length).subarray(3 - lengthBytes),
    content,
  ]);
}

function extension(type: number, content: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(type >> 8, type), sized(2, content)]);
}

function generateHello(random: Random): Uint8Array {
  const name = random.pick(["api.example.com", "", random.text(30)]);
  const protocols = random.pick([["h2", "http/1.1"], ["http/1.1"], ["h2", random.text(9)]]);
  const extensions = [
    extension(0, sized(2, concat([Uint8Array.of(0), sized(2, fromLatin1(name))]))),
    extension(16, sized(2, concat(protocols.map((protocol) => sized(1, fromLatin1(protocol)))))),
    extension(random.below(65_536), random.bytes(random.below(40))),
  ].filter(() => !random.chance(4));
  const message = concat([
    Uint8Array.of(3, 3),
    random.bytes(32),
    sized(1, random.bytes(random.pick([0, 32]))),
    sized(2, random.bytes(2 * random.below(20))),
    sized(1, Uint8Array.of(0)),
    sized(2, concat(extensions)),
  ]);
  const handshake = concat([Uint8Array.of(1), sized(3, message)]);
  const records: Uint8Array[] = [];
  for (let at = 0; at < handshake.length;) {
    const end = at + 1 + random.below(random.pick([5, 300, 300]));
    records.push(Uint8Array.of(22, 3, 1), sized(2, handshake.subarray(at, end)));
    at = end;
  }
  return concat(records);
}
