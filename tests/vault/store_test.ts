import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { AuthsomeError } from "../../lib/errors.ts";
import { Store } from "../../lib/vault/store.ts";
import { modeOf, withFolder } from "../support/vault.ts";

const isWindows = Deno.build.os === "windows";

function withPath(use: (path: string, folder: string) => void | Promise<void>): Promise<void> {
  return withFolder((folder) => use(`${folder}/vault.db`, folder));
}

/** Makes a store with one record and closes it. */
function makeStore(path: string): void {
  const store = Store.openOrCreate(path);
  store.change((change) => change.put("a", "1"));
  store.close();
}

function assertUnavailable(run: () => unknown, message: RegExp, hint = /./): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof AuthsomeError, String(error));
    assert.equal(error.code, "vault_unavailable");
    assert.match(error.message, message);
    assert.match(error.hint, hint);
    return true;
  });
}

Deno.test("open() of a missing file is undefined and makes nothing", async () => {
  await withPath((path, folder) => {
    assert.equal(Store.open(path), undefined);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("what was put is there after closing and opening", async () => {
  await withPath((path) => {
    const store = Store.openOrCreate(path);
    store.change((change) => {
      change.put("b", '{"x":1}');
      change.put("a", "one");
      change.put("a", "two");
      change.put("c", "gone");
      change.delete("c");
      change.delete("never");
      assert.equal(change.get("a"), "two");
    });
    store.close();
    const again = Store.open(path);
    assert.equal(again?.get("a"), "two");
    assert.equal(again?.get("c"), undefined);
    assert.deepEqual(again?.entries("").map((entry) => entry.key), ["a", "b"]);
    again?.close();
  });
});

Deno.test("entries() finds a prefix and nothing beside it", async () => {
  await withPath((path) => {
    const store = Store.openOrCreate(path);
    const keys = ["p:a:1", "p:a:2", "p:a:é", "p:a-b:1", "p:ab:1", "p:a", "p:%:1", "q:a:1"];
    store.change((change) => keys.forEach((key) => change.put(key, "x")));
    const found = (prefix: string): string[] => store.entries(prefix).map((entry) => entry.key);
    assert.deepEqual(found("p:a:"), ["p:a:1", "p:a:2", "p:a:é"]);
    assert.deepEqual(found("p:%"), ["p:%:1"]);
    assert.deepEqual(found("none"), []);
    store.close();
  });
});

Deno.test("a change that throws stores nothing", async () => {
  await withPath((path) => {
    const store = Store.openOrCreate(path);
    const reason = new Error("stop");
    assert.throws(() =>
      store.change((change) => {
        change.put("a", "1");
        throw reason;
      }), reason);
    assert.equal(store.get("a"), undefined);
    store.change((change) => change.put("b", "2"));
    assert.equal(store.get("b"), "2");
    store.close();
  });
});

Deno.test("dataVersion() moves with every change, our own and others', and never otherwise", async () => {
  await withPath((path) => {
    const store = Store.openOrCreate(path);
    const other = Store.openOrCreate(path);
    const seen = [store.dataVersion()];
    for (let i = 0; i < 20; i++) {
      (i % 3 === 0 ? store : other).change((change) => change.put("a", String(i)));
      const version = store.dataVersion();
      assert.ok(version > (seen.at(-1) ?? 0), "it moved");
      assert.equal(store.get("a"), String(i), "reads see what the version promised");
      assert.equal(store.dataVersion(), version, "it stands still");
      seen.push(version);
    }
    other.close();
    assert.equal(store.dataVersion(), seen.at(-1));
    store.close();
  });
});

Deno.test({
  name: "every file of the store is private from the start",
  ignore: isWindows,
  fn: async () => {
    await withPath((path) => {
      const store = Store.openOrCreate(path);
      store.change((change) => change.put("a", "1"));
      for (const suffix of ["", "-wal", "-shm", ".lock"]) {
        assert.equal(modeOf(path + suffix), 0o600);
      }
      store.close();
      Deno.chmodSync(path, 0o644);
      Store.open(path)?.close();
      assert.equal(modeOf(path), 0o600);
    });
  },
});

Deno.test("commits are durable and readers are not blocked (WAL, synchronous=FULL)", async () => {
  await withPath((path) => {
    makeStore(path);
    const store = Store.openOrCreate(path);
    store.change((change) => {
      change.put("a", "2");
      const reader = Store.open(path);
      assert.equal(reader?.get("a"), "1");
      reader?.close();
    });
    store.close();
    // The format's header says whether a file is in WAL mode: bytes 18 and 19 are 2.
    assert.deepEqual([...Deno.readFileSync(path).subarray(18, 20)], [2, 2]);
  });
});

Deno.test("open() refuses what is no vault, names it, and leaves it as it is", async () => {
  const text = (content: string) => (path: string): void => Deno.writeTextFileSync(path, content);
  const cases: Readonly<Record<string, readonly [(path: string) => void, RegExp, RegExp]>> = {
    "an empty file": [text(""), /vault\.db is damaged or not a vault/, /[Bb]ackup|backup/],
    "text": [text("not a database\n".repeat(100)), /damaged or not a vault/, /backup/],
    "a broken header": [
      (path) => {
        makeStore(path);
        const bytes = Deno.readFileSync(path);
        bytes.fill(0, 0, 100);
        Deno.writeFileSync(path, bytes);
      },
      /damaged/,
      /backup/,
    ],
    "a truncated file": [
      (path) => {
        makeStore(path);
        Deno.truncateSync(path, 4096);
      },
      /damaged/,
      /backup/,
    ],
    "somebody else's database": [
      (path) => {
        const database = new DatabaseSync(path);
        database.exec("CREATE TABLE t (x)");
        database.close();
      },
      /damaged or not a vault/,
      /backup/,
    ],
    "a newer vault": [
      (path) => {
        makeStore(path);
        const database = new DatabaseSync(path);
        database.exec("PRAGMA user_version = 7");
        database.close();
      },
      /format 7; this authsome knows format 1/,
      /[Uu]pgrade authsome/,
    ],
  };
  for (const [what, [make, message, hint]] of Object.entries(cases)) {
    await withPath((path) => {
      make(path);
      const before = Deno.readFileSync(path);
      assertUnavailable(() => Store.open(path)?.entries(""), message, hint);
      assertUnavailable(() => Store.openOrCreate(path).entries(""), message, hint);
      assert.deepEqual(Deno.readFileSync(path), before, what);
    });
  }
});

Deno.test("open() refuses links in place of the file and of its log", async () => {
  await withPath((path) => {
    makeStore(path);
    Deno.renameSync(path, `${path}.real`);
    Deno.symlinkSync(`${path}.real`, path);
    assertUnavailable(() => Store.open(path), /symbolic link/);
    assertUnavailable(() => Store.openOrCreate(path), /symbolic link/);
    Deno.removeSync(path);
    Deno.linkSync(`${path}.real`, path);
    assertUnavailable(() => Store.open(path), /second name/);
  });
  await withPath((path, folder) => {
    makeStore(path);
    Deno.writeTextFileSync(`${folder}/victim`, "untouched");
    Deno.symlinkSync(`${folder}/victim`, `${path}-wal`);
    assertUnavailable(
      () => Store.open(path)?.change((change) => change.put("a", "2")),
      /vault\.db/,
    );
    assert.equal(Deno.readTextFileSync(`${folder}/victim`), "untouched");
  });
});

Deno.test("openOrCreate() does not begin anew beside the log of a lost vault", async () => {
  await withPath((path) => {
    makeStore(path);
    const store = Store.openOrCreate(path);
    store.change((change) => change.put("a", "2"));
    const log = Deno.readFileSync(`${path}-wal`);
    store.close();
    Deno.removeSync(path);
    Deno.writeFileSync(`${path}-wal`, log);
    assertUnavailable(() => Store.openOrCreate(path), /vault\.db is missing/, /mv '/);
    assert.deepEqual(Deno.readFileSync(`${path}-wal`), log);
  });
});

Deno.test("a damaged store is to be moved away with the log that it has, and with none else", async () => {
  await withPath((path) => {
    Deno.writeTextFileSync(path, "");
    const move = (name: string): string => `mv '${name}' '${name}\\.damaged'`;
    assertUnavailable(() => Store.open(path), /damaged/, RegExp(`again: ${move(path)}$`));
    Deno.writeTextFileSync(`${path}-wal`, "log");
    const both = `again: ${move(path)}; ${move(`${path}-wal`)}$`;
    assertUnavailable(() => Store.open(path), /damaged/, RegExp(both));
  });
});

Deno.test("findDamage() is empty for a whole file and speaks of a damaged page", async () => {
  await withPath((path) => {
    const store = Store.openOrCreate(path);
    store.change((change) => {
      for (let i = 0; i < 500; i++) change.put(`key${i}`, "x".repeat(200));
    });
    assert.deepEqual(store.findDamage(), []);
    store.close();
    const bytes = Deno.readFileSync(path);
    bytes.fill(0xee, 4096 * 5, 4096 * 6);
    Deno.writeFileSync(path, bytes);
    const damaged = Store.open(path);
    assert.ok(damaged !== undefined);
    assert.notDeepEqual(damaged.findDamage(), []);
    assertUnavailable(() => damaged.entries(""), /damaged/);
    damaged.close();
  });
});
