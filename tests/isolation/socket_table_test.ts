import assert from "node:assert/strict";
import { parseSocketTable } from "../../lib/isolation/socket_table.ts";

Deno.test("parseSocketTable() finds what can be connected or sent to by path", () => {
  const table = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 16034 /run/user/1000/bus
0000000000000000: 00000002 00000000 00010000 0005 01 16035 /run/udev/control
0000000000000000: 00000003 00000000 00000000 0002 01   123 /run/systemd/notify
0000000000000000: 00000003 00000000 00000000 0001 03 16036 /run/user/1000/bus
0000000000000000: 00000003 00000000 00000000 0001 03 16037 /tmp/connected
0000000000000000: 00000002 00000000 00010000 0001 01 16038 @/tmp/.X11-unix/X0
0000000000000000: 00000002 00000000 00010000 0001 01 16039 /home/a b/with space.sock
0000000000000000: 00000002 00000000 00010000 0001 01 16040 relative.sock
0000000000000000: 00000003 00000000 00000000 0001 03 16041
`;
  assert.deepEqual(parseSocketTable(table), [
    "/run/user/1000/bus",
    "/run/udev/control",
    "/run/systemd/notify",
    "/home/a b/with space.sock",
  ]);
});
