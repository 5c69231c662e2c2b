/**
 * Homes on disks that cannot be written, made by bubblewrap.
 *
 * @module
 */

import assert from "node:assert/strict";
import { authsomeCommand, logIn, type User, withUser } from "../support/authsome.ts";
import { type CommandResult, runCommand } from "../support/command.ts";
import { testIsolated } from "../support/isolation.ts";

const BARE = ["bwrap", "--dev-bind", "/", "/"];

/** Runs authsome where the home is on a read-only file system. */
async function onReadOnly(user: User, args: readonly string[]): Promise<CommandResult> {
  const command = [...BARE, "--ro-bind", user.home, user.home, ...authsomeCommand(), ...args];
  return await runCommand(command, { env: user.env });
}

/** Runs authsome where the home is on a disk that nothing more fits on. */
async function onFullDisk(user: User, args: readonly string[]): Promise<CommandResult> {
  const disk = `${user.folder}/disk`;
  Deno.mkdirSync(disk, { recursive: true });
  const fill =
    `cp -pr '${user.home}' '${disk}/home'; cat /dev/zero > '${disk}/filler' 2> /dev/null`;
  const script = `${fill}; exec "$@"`;
  const mount = ["--size", "262144", "--tmpfs", disk];
  const command = [...BARE, ...mount, "sh", "-c", script, "sh", ...authsomeCommand(), ...args];
  return await runCommand(command, { env: { ...user.env, AUTHSOME_HOME: `${disk}/home` } });
}

testIsolated("sh")(
  "a home on a read-only file system is read, and what cannot be done says why",
  () =>
    withUser(async (user) => {
      await logIn(user);
      const log = await onReadOnly(user, ["log"]);
      assert.deepEqual([log.code, log.stderr], [0, ""]);
      assert.match(log.stdout, /login +openai\/default/);

      const doctor = await onReadOnly(user, ["doctor"]);
      assert.equal(doctor.code, 1, doctor.stderr);
      assert.equal(doctor.stdout.split("read-only").length, 2, "It is said once.");
      assert.match(doctor.stdout, /^FAIL +home .*file system is read-only.*\n.*df -h '/m);

      const logout = await onReadOnly(user, ["logout", "openai"]);
      assert.equal(logout.code, 7, logout.stderr);
      assert.match(
        logout.stderr,
        /vault\.db cannot be used \(the file system is read-only\)\.\nHint/,
      );
    }),
);

testIsolated("sh")("a full disk is named, with what shows it", () =>
  withUser(async (user) => {
    await logIn(user);
    for (const args of [["get", "openai"], ["export", "openai"], ["run", "--", "true"]]) {
      const { code, stderr } = await onFullDisk(user, args);
      assert.equal(code, 7, `${args}: ${stderr}`);
      assert.match(
        stderr,
        /Error: .* \(the disk is full\)\.\nHint: .*df -h '[^']*home'\n/,
        `${args}`,
      );
    }
    const doctor = await onFullDisk(user, ["doctor"]);
    assert.equal(doctor.code, 1, doctor.stderr);
    assert.equal(doctor.stdout.split("disk is full").length, 2, doctor.stdout);
  }));
