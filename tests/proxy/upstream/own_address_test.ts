import assert from "node:assert/strict";
import { isOwnAddress } from "../../../lib/proxy/upstream/own_address.ts";

const CASES: readonly (readonly [remote: string, local: string, isOwn: boolean])[] = [
  ["127.0.0.1", "127.0.0.1", true],
  ["127.8.8.8", "127.0.0.1", true],
  ["0.0.0.0", "127.0.0.1", true],
  ["::1", "::1", true],
  ["::", "::1", true],
  ["::ffff:127.0.0.1", "::ffff:127.0.0.1", true],
  ["192.168.1.5", "192.168.1.5", true],
  ["2001:db8::5", "2001:db8::5", true],
  ["169.254.169.254", "192.168.1.5", true],
  ["::ffff:169.254.169.254", "::ffff:192.168.1.5", true],
  ["fe80::1", "fe80::2", true],
  ["fd00:ec2::254", "fd00::5", true],
  ["192.168.1.1", "192.168.1.5", false],
  ["10.127.0.1", "10.0.0.5", false],
  ["169.253.1.1", "192.168.1.5", false],
  ["2001:db8::1", "2001:db8::5", false],
  ["fec0::1", "fec0::2", false],
];

for (const [remote, local, isOwn] of CASES) {
  Deno.test(`isOwnAddress() says ${isOwn} of ${remote} from ${local}`, () => {
    assert.equal(isOwnAddress(remote, local), isOwn);
  });
}
