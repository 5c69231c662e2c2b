import assert from "node:assert/strict";
import { findAliases } from "../../lib/isolation/mount_table.ts";

const MOUNTS = `21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
22 21 8:2 / /data rw,relatime shared:2 - ext4 /dev/sda2 rw
23 21 8:2 /home /home rw,relatime shared:3 master:1 - ext4 /dev/sda2 rw
24 21 8:2 /home/ann /mnt/with\\040space rw - ext4 /dev/sda2 rw
25 21 8:2 /home/bob /mnt/bob rw - ext4 /dev/sda2 rw
26 21 0:40 /@ /mnt/root rw - btrfs /dev/sdb rw
27 21 0:40 /@home /srv rw - btrfs /dev/sdb rw
`;

const CASES: readonly (readonly [path: string, aliases: readonly string[]])[] = [
  ["/home/ann/.authsome", ["/data/home/ann/.authsome", "/mnt/with space/.authsome"]],
  ["/data/home/ann", ["/home/ann", "/mnt/with space"]],
  ["/home/ann2/.authsome", ["/data/home/ann2/.authsome"]],
  ["/opt/.authsome", []],
  ["/srv/ann", []],
];

for (const [path, aliases] of CASES) {
  Deno.test(`findAliases() of ${path} finds ${aliases.length}`, () => {
    assert.deepEqual(findAliases(MOUNTS, path), aliases);
  });
}

Deno.test("findAliases() takes the last of several mounts at one place", () => {
  const covered = `${MOUNTS}30 23 8:9 /x /home rw - ext4 /dev/sdc rw\n`;
  assert.deepEqual(findAliases(covered, "/home/ann"), []);
});
