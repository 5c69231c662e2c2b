import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { openHome } from "../../lib/vault/home.ts";
import { Store } from "../../lib/vault/store.ts";
import type { StoreTask } from "../fixtures/store_worker.ts";
import { named, OPENAI, openVault, PROFILE, withFolder } from "../support/vault.ts";

const WRITER = new URL("../fixtures/vault_writer.ts", import.meta.url).pathname;

/** A process that stores connections once it is told to start. */
interface Writer {
  /** Resolves when it has printed `ready`. */
  readonly ready: Promise<void>;
  /** Resolves at the first connection stored, or at its end. */
  readonly writing: Promise<void>;
  /** The names of the connections it stored, at its end. */
  readonly names: Promise<readonly string[]>;
  start(): Promise<void>;
  kill(): void;
}

function spawnWriter(
  path: string,
  { prefix, count }: { readonly prefix: string; readonly count: number },
): Writer {
  const flags = ["--no-lock", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, WRITER, path, prefix, String(count)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const ready = Promise.withResolvers<void>();
  const writing = Promise.withResolvers<void>();
  const names = (async () => {
    let text = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      ready.resolve();
      if (text.length > "ready\n".length) writing.resolve();
    }
    ready.resolve();
    writing.resolve();
    await child.status;
    return text.split("\n").slice(1, -1);
  })();
  return {
    ready: ready.promise,
    writing: writing.promise,
    names,
    start: () => child.stdin.close(),
    kill: () => child.kill("SIGKILL"),
  };
}

/** Spawns writers and lets all of them start at the same moment. */
async function startTogether(path: string, prefixes: readonly string[], count: number): Promise<
  readonly Writer[]
> {
  const writers = prefixes.map((prefix) => spawnWriter(path, { prefix, count }));
  await Promise.all(writers.map((writer) => writer.ready));
  await Promise.all(writers.map((writer) => writer.start()));
  return writers;
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
    const prefixes = Array.from({ length: 20 }, (_, i) => `w${i}`);
    const writers = await startTogether(path, prefixes, 5);
    const stored = (await Promise.all(writers.map((writer) => writer.names))).flat();
    const expected = prefixes.flatMap((prefix) => [0, 1, 2, 3, 4].map((n) => `${prefix}-${n}`));
    assert.deepEqual([...stored].sort(), expected.sort());
    assertStored(path, stored);
    const files = [...Deno.readDirSync(path)].map((entry) => entry.name).sort();
    assert.deepEqual(files, ["master.key", "providers", "vault.db", "vault.db.lock", "version"]);
  });
});

Deno.test("a store that several make at the same moment is made once", async () => {
  await withFolder(async (folder) => {
    const paths = Array.from({ length: 16 }, (_, i) => `${folder}/vault${i}.db`);
    const arrivals = new SharedArrayBuffer(4 * paths.length);
    const numbers = [0, 1];
    const problems = await Promise.all(numbers.map((worker) => {
      const thread = new Worker(new URL("../fixtures/store_worker.ts", import.meta.url));
      thread.postMessage({ paths, worker, workers: numbers.length, arrivals } satisfies StoreTask);
      return once(thread, "message").finally(() => thread.terminate());
    }));
    assert.deepEqual(problems, [[""], [""]]);
    for (const path of paths) {
      const store = Store.open(path);
      assert.deepEqual(store?.entries("").length, numbers.length, "nobody's record is lost");
      store?.close();
    }
  });
});

Deno.test("kill -9 at any moment loses nothing that was acknowledged", async () => {
  await withFolder(async (folder) => {
    let acknowledged = 0;
    const deadline = performance.now() + 10_000;
    for (let home = 0; home < 4 && performance.now() < deadline; home++) {
      const path = `${folder}/home${home}`;
      const names: string[] = [];
      // First the making of everything is interrupted, then the writing, twice.
      for (const moment of ["making", "writing", "writing"]) {
        const prefixes = [0, 1, 2].map((i) => `${home}-${names.length}-${i}`);
        const writers = await startTogether(path, prefixes, 100_000);
        if (moment === "writing") await Promise.race(writers.map((writer) => writer.writing));
        await spin(Math.random() * 40);
        for (const writer of writers) writer.kill();
        for (const writer of writers) names.push(...await writer.names);
        assertStored(path, names);
      }
      acknowledged += names.length;
    }
    assert.ok(acknowledged > 10, `${acknowledged} writes were acknowledged`);
  });
});

/** Lets some milliseconds pass, to hit another moment each time. */
async function spin(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  while (performance.now() < until) await Deno.lstat(".");
}
