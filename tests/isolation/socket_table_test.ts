import assert from "node:assert/strict";
import { parseSocketFolders } from "../../lib/isolation/socket_table.ts";

Deno.test("parseSocketFolders() finds where what can be connected or sent to lies", () => {
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
lrwxrwxrwx 1 ann ann 0 Nov 23 15:41 /proc/17/cwd -> /home/ann/a -> b
lrwxrwxrwx 1 ann ann 0 Nov 23 15:41 /proc/18/cwd -> /
`;
  assert.deepEqual(parseSocketFolders(table), [
    "/run/user/1000",
    "/run/udev",
    "/run/systemd",
    "/home/a b",
    "/home/ann/a -> b",
    "/",
  ]);
});
