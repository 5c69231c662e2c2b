import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import { parseIpAddress } from "../../lib/ca/ip_address.ts";

const ADDRESSES: readonly (readonly [string, string])[] = [
  ["127.0.0.1", "7f000001"],
  ["255.255.255.255", "ffffffff"],
  ["::1", "00000000000000000000000000000001"],
  ["[::1]", "00000000000000000000000000000001"],
  ["::", "00000000000000000000000000000000"],
  ["2001:db8::8:800:200c:417a", "20010db80000000000080800200c417a"],
  ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
  ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
  ["::ffff:192.0.2.1", "00000000000000000000ffffc0000201"],
  ["FE80::A", "fe80000000000000000000000000000a"],
];

for (const [text, expected] of ADDRESSES) {
  Deno.test(`parseIpAddress() reads ${text}`, () => {
    assert.equal(Buffer.from(parseIpAddress(text) ?? []).toString("hex"), expected);
  });
}

const OTHERS = [
  "",
  "localhost",
  "api.example.com",
  "1.2.3",
  "1.2.3.4.5",
  "256.0.0.1",
  "127.1",
  "0177.0.0.1",
  "01.2.3.4",
  "2130706433",
  "[127.0.0.1]",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4:5:6:7:8::",
  "12345::",
  "1.2.3.4::",
  ":1",
  "::g",
  "fe80::1%eth0",
];

for (const text of OTHERS) {
  Deno.test(`parseIpAddress() does not take '${text}' for an address`, () => {
    assert.equal(parseIpAddress(text), undefined);
    if (!text.includes("%")) assert.equal(isIP(text), 0);
  });
}
