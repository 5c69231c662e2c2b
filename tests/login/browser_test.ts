import assert from "node:assert/strict";
import { join } from "node:path";
import {
  createSpawn,
  type Environment,
  hasDisplay,
  openBrowser,
  type OperatingSystem,
} from "../../lib/login/browser.ts";
import { withFolder } from "../support/vault.ts";

const ADDRESS = "http://127.0.0.1:7998/login/a?b=c&d=%22e%22";

Deno.test("hasDisplay() tells where a browser can open", () => {
  const table: readonly (readonly [OperatingSystem, Environment, boolean])[] = [
    ["linux", {}, false],
    ["linux", { DISPLAY: ":0" }, true],
    ["linux", { WAYLAND_DISPLAY: "wayland-0" }, true],
    ["linux", { DISPLAY: "" }, false],
    ["linux", { DISPLAY: ":0", CI: "true" }, false],
    ["linux", { DISPLAY: ":0", SSH_CONNECTION: "a 1 b 2" }, true],
    ["freebsd", { DISPLAY: ":0" }, true],
    ["darwin", {}, true],
    ["darwin", { SSH_CONNECTION: "a 1 b 2" }, false],
    ["darwin", { SSH_TTY: "/dev/ttys001" }, false],
    ["darwin", { CI: "1" }, false],
    ["windows", {}, true],
    ["windows", { SSH_TTY: "x" }, false],
    ["windows", { CI: "true" }, false],
  ];
  for (const [os, env, expected] of table) {
    assert.equal(hasDisplay(env, os), expected, `${os} ${JSON.stringify(env)}`);
  }
});

Deno.test("openBrowser() passes the address as one argument and never through a shell", () => {
  const table: readonly (readonly [OperatingSystem, readonly string[]])[] = [
    ["linux", ["xdg-open", ADDRESS]],
    ["darwin", ["open", ADDRESS]],
    ["windows", ["rundll32", "url.dll,FileProtocolHandler", ADDRESS]],
  ];
  for (const [os, expected] of table) {
    const calls: string[][] = [];
    assert.ok(
      openBrowser(ADDRESS, { os, spawn: (program, args) => calls.push([program, ...args]) }),
    );
    assert.deepEqual(calls, [expected]);
  }
});

Deno.test("openBrowser() tries the next program and says when there is none", () => {
  const tried: string[] = [];
  const fails = (program: string): never => {
    tried.push(program);
    throw new Deno.errors.NotFound(program);
  };
  assert.equal(openBrowser(ADDRESS, { os: "linux", spawn: fails }), false);
  assert.deepEqual(tried, ["xdg-open", "wslview", "sensible-browser"]);
});

Deno.test("openBrowser() opens web addresses only", () => {
  for (const address of ["file:///etc/passwd", "javascript:alert(1)", "-version", "--help"]) {
    assert.throws(() => openBrowser(address, { os: "linux", spawn: () => {} }), TypeError, address);
  }
});

Deno.test({
  name: "createSpawn() starts a real program without authsome's own secrets",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const pipe = join(folder, "pipe");
      const { success } = await new Deno.Command("mkfifo", { args: [pipe] }).output();
      assert.ok(success);
      const script = join(folder, "xdg-open");
      Deno.writeTextFileSync(script, `#!/bin/sh\n{ echo "$1"; env; } > "$SEEN"\n`, { mode: 0o755 });
      const spawn = createSpawn({
        PATH: Deno.env.get("PATH"),
        SEEN: pipe,
        AUTHSOME_MASTER_KEY: "canary",
        AUTHSOME_PASSPHRASE: "canary",
        UNSET: undefined,
      });
      assert.ok(openBrowser(ADDRESS, { os: "linux", spawn: (_name, args) => spawn(script, args) }));
      const seen = await Deno.readTextFile(pipe); // ends when the program does
      assert.ok(seen.startsWith(`${ADDRESS}\n`), seen);
      assert.ok(!seen.includes("canary"));
    }),
});
