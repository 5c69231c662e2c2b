import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  bitString,
  boolean,
  contextTag,
  encodeDer,
  formatPem,
  implicitTag,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  smallInteger,
  time,
  unsignedInteger,
  utf8String,
} from "../../lib/ca/der.ts";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

const VECTORS: readonly (readonly [string, Uint8Array, string])[] = [
  ["boolean(true)", boolean(true), "0101ff"],
  ["smallInteger(0)", smallInteger(0), "020100"],
  ["smallInteger(127)", smallInteger(127), "02017f"],
  ["smallInteger(128) keeps the sign bit clear", smallInteger(128), "02020080"],
  ["smallInteger(65537)", smallInteger(65537), "0203010001"],
  ["unsignedInteger() pads a high bit", unsignedInteger(Uint8Array.of(0xff)), "020200ff"],
  ["bitString() has no unused bits", bitString(Uint8Array.of(1, 2)), "0303000102"],
  ["namedBits(0)", namedBits([0]), "03020780"],
  ["namedBits(5, 6)", namedBits([5, 6]), "03020106"],
  ["octetString()", octetString(Uint8Array.of(9)), "040109"],
  ["utf8String()", utf8String("é"), "0c02c3a9"],
  ["objectIdentifier() with wide arcs", objectIdentifier("1.2.840.113549"), "06062a864886f70d"],
  ["objectIdentifier() of 2.5.29.17", objectIdentifier("2.5.29.17"), "0603551d11"],
  [
    "time() in 2049",
    time(Date.UTC(2049, 11, 31, 23, 59, 59, 999)),
    "170d3439313233313233353935395a",
  ],
  ["time() in 2050", time(Date.UTC(2050, 0, 1)), "180f32303530303130313030303030305a"],
  ["contextTag()", encodeDer(contextTag(3)), "a300"],
  ["implicitTag()", encodeDer(implicitTag(7)), "8700"],
  ["sequence()", sequence(boolean(true), smallInteger(1)), "30060101ff020101"],
];

for (const [name, actual, expected] of VECTORS) {
  Deno.test(`${name} is encoded as X.690 says`, () => assert.equal(hex(actual), expected));
}

const LENGTHS: readonly (readonly [number, string])[] = [
  [0, "00"],
  [127, "7f"],
  [128, "8180"],
  [255, "81ff"],
  [256, "820100"],
  [65_536, "83010000"],
];

for (const [length, expected] of LENGTHS) {
  Deno.test(`a value of ${length} bytes has the length ${expected}`, () => {
    const encoded = octetString(new Uint8Array(length));
    assert.equal(hex(encoded.subarray(1, encoded.length - length)), expected);
  });
}

testNeeding("openssl")("openssl reads what the writer writes", async () => {
  const value = sequence(objectIdentifier("1.3.6.1.5.5.7.3.1"), time(0), utf8String("authsome"));
  const input = formatPem("ANYTHING", value);
  const { code, stdout } = await runCommand(["openssl", "asn1parse"], { stdin: input });
  assert.equal(code, 0);
  assert.match(stdout, /OBJECT\s+:TLS Web Server Authentication/);
  assert.match(stdout, /UTCTIME\s+:700101000000Z/);
  assert.match(stdout, /UTF8STRING\s+:authsome/);
});

Deno.test("formatPem() breaks lines at 64 characters", () => {
  const lines = formatPem("X", new Uint8Array(100)).trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => line.length), [17, 64, 64, 8, 15]);
});
