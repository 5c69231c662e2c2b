import assert from "node:assert/strict";
import { openHome } from "../../lib/vault/home.ts";
import { named, OPENAI, openVault, PROFILE, withFolder } from "../support/vault.ts";

const WRITER = new URL("../fixtures/vault_writer.ts", import.meta.url).pathname;

/** Starts a process that stores `count` connections named `<prefix>-<n>`. */
function startWriter(
  path: string,
  { prefix, count }: { readonly prefix: string; readonly count: number },
): Deno.ChildProcess {
  const flags = ["--no-lock", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, WRITER, path, prefix, String(count)],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Collects the complete lines of a process; `started` resolves at the first one, or at its end. */
function watch(writer: Deno.ChildProcess): { started: Promise<void>; lines: Promise<string[]> } {
  const started = Promise.withResolvers<void>();
  const lines = (async () => {
    let text = "";
    for await (const chunk of writer.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      started.resolve();
    }
    started.resolve();
    await writer.stderr.cancel();
    await writer.status;
    return text.split("\n").slice(0, -1);
  })();
  return { started: started.promise, lines };
}

/** Opens the home anew and checks that everything in `names` is there and opens. */
function assertStored(path: string, names: readonly string[]): void {
  using vault = openVault(openHome(path, { create: false }));
  for (const name of names) {
    const record = vault.connection(PROFILE, OPENAI, named(name));
    assert.ok(record !== undefined, `${name} is stored`);
    assert.equal(vault.unseal(record, "api_key")?.reveal(), `sk-${name}`);
  }
  assert.deepEqual(vault.verify().filter((verdict) => !verdict.ok), []);
}

Deno.test("20 processes that make home, vault and master key at once agree on one of each", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/home`;
    const writers = Array.from(
      { length: 20 },
      (_, i) => startWriter(path, { prefix: `w${i}`, count: 5 }),
    );
    const results = await Promise.all(writers.map((writer) => writer.output()));
    for (const { code, stderr } of results) {
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    }
    const names = writers.flatMap((_, i) => Array.from({ length: 5 }, (_, n) => `w${i}-${n}`));
    assertStored(path, names);
    const files = [...Deno.readDirSync(path)].map((entry) => entry.name).sort();
    assert.deepEqual(files, ["master.key", "providers", "vault.db", "vault.db.lock", "version"]);
  });
});

Deno.test("kill -9 at any moment loses nothing that was acknowledged", async () => {
  await withFolder(async (folder) => {
    let acknowledged = 0;
    const deadline = performance.now() + 8_000;
    for (let home = 0; home < 4 && performance.now() < deadline; home++) {
      const path = `${folder}/home${home}`;
      const names: string[] = [];
      // First the making of everything is interrupted, then the writing, three times.
      for (const sign of [SIGNS[home], "writing", "writing", "writing"]) {
        const prefix = `${home}-${names.length}`;
        const writers = [0, 1, 2].map((i) =>
          startWriter(path, { prefix: `${prefix}-${i}`, count: 100_000 })
        );
        const watched = writers.map(watch);
        if (sign === "writing") await Promise.race(watched.map(({ started }) => started));
        else await appearance(`${path}/${sign}`);
        await spin(Math.random() * 60);
        for (const writer of writers) writer.kill("SIGKILL");
        for (const { lines } of watched) names.push(...await lines);
        assertStored(path, names);
      }
      acknowledged += names.length;
    }
    assert.ok(acknowledged > 10, `${acknowledged} writes were acknowledged`);
  });
});

/** Files whose first appearance is a moment worth an interruption. */
const SIGNS = ["version", "vault.db.lock", "vault.db", "vault.db-wal"];

/** Waits until a file exists, at most 10 seconds. */
async function appearance(path: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    try {
      await Deno.lstat(path);
      return;
    } catch {
      // Not there yet.
    }
  }
}

/** Lets some milliseconds pass, to hit another moment each time. */
async function spin(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) await Deno.lstat(".");
}
