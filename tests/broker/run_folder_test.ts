import assert from "node:assert/strict";
import { join } from "node:path";
import { openRunFolder, removeDeadRuns } from "../../lib/broker/run_folder.ts";

const HOUR_MS = 3_600_000;

async function withFolder(use: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await use(join(folder, "run"));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Makes the folder of a run that was killed an hour ago. */
function createDeadRun(runs: string, id: string): void {
  Deno.mkdirSync(join(runs, id), { recursive: true });
  Deno.writeTextFileSync(join(runs, id, "lock"), "");
  Deno.writeTextFileSync(join(runs, id, "bundle.pem"), "x");
}

/** A time at which everything made until now is old. */
function later(): number {
  return Date.now() + HOUR_MS;
}

Deno.test("openRunFolder() makes a folder and files that only their owner can read", () =>
  withFolder((runs) => {
    const folder = openRunFolder(runs, "0123456789abcdef");
    const file = folder.write("php/authsome.ini", "a=b\n");
    const mode = (path: string): number => (Deno.statSync(path).mode ?? 0) & 0o777;
    assert.equal(folder.path, join(runs, "0123456789abcdef"));
    assert.equal(file, join(folder.path, "php", "authsome.ini"));
    assert.equal(Deno.readTextFileSync(file), "a=b\n");
    if (Deno.build.os !== "windows") {
      assert.deepEqual([runs, folder.path, join(folder.path, "php")].map(mode), [
        0o700,
        0o700,
        0o700,
      ]);
      assert.equal(mode(file), 0o600);
    }
    folder.close();
    assert.deepEqual([...Deno.readDirSync(runs)], []);
  }));

Deno.test("write() refuses to replace a file", () =>
  withFolder((runs) => {
    const folder = openRunFolder(runs, "a");
    folder.write("bundle.pem", "first");
    assert.throws(() => folder.write("bundle.pem", "second"), { code: "vault_unavailable" });
    folder.close();
  }));

Deno.test("openRunFolder() refuses a symbolic link in place of the folder of runs", () =>
  withFolder((runs) => {
    Deno.mkdirSync(`${runs}.real`);
    Deno.symlinkSync(`${runs}.real`, runs);
    assert.throws(() => openRunFolder(runs, "a"), { code: "vault_unavailable" });
  }));

Deno.test("close() can be called twice and does not follow a link the child left", () =>
  withFolder((runs) => {
    const folder = openRunFolder(runs, "a");
    const outside = `${runs}-outside.txt`;
    Deno.writeTextFileSync(outside, "kept");
    Deno.symlinkSync(outside, join(folder.path, "link"));
    folder.close();
    folder.close();
    assert.equal(Deno.readTextFileSync(outside), "kept");
  }));

Deno.test("removeDeadRuns() removes the folder of a killed run and leaves a living one", () =>
  withFolder((runs) => {
    const living = openRunFolder(runs, "living");
    createDeadRun(runs, "dead");
    assert.equal(removeDeadRuns(runs, later()), 1);
    assert.deepEqual([...Deno.readDirSync(runs)].map((entry) => entry.name), ["living"]);
    living.close();
  }));

Deno.test("removeDeadRuns() leaves a folder that is just being made", () =>
  withFolder((runs) => {
    Deno.mkdirSync(join(runs, "starting"), { recursive: true });
    assert.equal(removeDeadRuns(runs, Date.now()), 0);
    assert.equal(removeDeadRuns(runs, later()), 1);
  }));

Deno.test("removeDeadRuns() is content without a folder of runs", () =>
  withFolder((runs) => assert.equal(removeDeadRuns(runs, later()), 0)));

Deno.test("a thousand dead runs are removed in bounded steps", () =>
  withFolder((runs) => {
    for (let index = 0; index < 1_000; index++) createDeadRun(runs, `dead-${index}`);
    const steps = Array.from({ length: 11 }, () => removeDeadRuns(runs, later()));
    assert.deepEqual(steps, [...Array<number>(10).fill(100), 0]);
  }));

Deno.test("the folder of a run that another process was killed in counts as dead", () =>
  withFolder(async (runs) => {
    const module = new URL("../../lib/broker/run_folder.ts", import.meta.url).href;
    const code = `import { openRunFolder } from "${module}";
      openRunFolder(Deno.args[0], "killed").write("bundle.pem", "x");
      console.log("ready");
      await new Promise((resolve) => setTimeout(resolve, 60_000));`;
    const flags = ["--no-lock", "--allow-read", "--allow-write", "--allow-sys"];
    const script = `${runs}.ts`;
    Deno.writeTextFileSync(script, code);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, script, runs],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    assert.match(new TextDecoder().decode((await reader.read()).value), /ready/);
    assert.equal(removeDeadRuns(runs, later()), 0);
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    assert.equal(removeDeadRuns(runs, later()), 1);
  }));
