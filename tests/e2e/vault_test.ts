import assert from "node:assert/strict";
import { KEY, logIn, OTHER_KEY, type User, withUser } from "../support/authsome.ts";

const MASTER_KEY = btoa("k".repeat(32));
const ignore = Deno.build.os === "windows";

function readTree(folder: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    // SQLite's own companions come and go.
    if (!isFile || name.startsWith("vault.db-") || name === "audit.jsonl") continue;
    files.set(name, Deno.readFileSync(`${folder}/${name}`).toBase64());
  }
  return files;
}

interface Trouble {
  readonly name: string;
  /** Makes the trouble; may return an environment for what follows. */
  cause(user: User): Promise<Readonly<Record<string, string>> | void>;
  readonly says: RegExp;
}

const TROUBLES: readonly Trouble[] = [
  {
    name: "a malformed master key",
    cause: () => Promise.resolve({ AUTHSOME_MASTER_KEY: "nonsense" }),
    says: /AUTHSOME_MASTER_KEY is not a base64 key of 32 bytes/,
  },
  {
    name: "a wrong master key",
    cause: () => Promise.resolve({ AUTHSOME_MASTER_KEY: MASTER_KEY }),
    says: /does not open this vault/,
  },
  {
    name: "a lost master key",
    cause: (user) => Deno.remove(`${user.home}/master.key`),
    says: /master\.key is missing/,
  },
  {
    name: "a damaged vault",
    cause: (user) => Deno.writeTextFile(`${user.home}/vault.db`, "x".repeat(8192)),
    says: /vault\.db/,
  },
  {
    name: "a newer store format",
    cause: (user) => Deno.writeTextFile(`${user.home}/version`, "2\n"),
    says: /store format 2/,
  },
  {
    name: "a symbolic link in place of the vault",
    cause: async (user) => {
      await Deno.rename(`${user.home}/vault.db`, `${user.folder}/vault.db`);
      await Deno.symlink(`${user.folder}/vault.db`, `${user.home}/vault.db`);
    },
    says: /vault\.db is a symbolic link/,
  },
  {
    name: "a symbolic link in place of the home",
    cause: async (user) => {
      await Deno.rename(user.home, `${user.folder}/elsewhere`);
      await Deno.symlink(`${user.folder}/elsewhere`, user.home);
    },
    says: /is a symbolic link/,
  },
];

for (const { name, cause, says } of TROUBLES) {
  Deno.test({
    name: `${name} is 7, says what to do, and nothing is overwritten`,
    ignore,
    fn: () =>
      withUser(async (user) => {
        await logIn(user);
        const env = await cause(user) ?? {};
        const before = readTree(user.home);
        const attempts: readonly (readonly string[])[] = [
          ["export", "openai"],
          ["run", "--", Deno.execPath(), "--version"],
          ["login", "openai", "--stdin", "--force"],
          ["login", "openai", "--stdin", "--connection", "new"],
        ];
        for (const args of attempts) {
          const error = await user.fail(7, args, { env, stdin: OTHER_KEY });
          assert.match(error, says, args.join(" "));
          assert.match(error, /\nHint: \S/);
        }
        assert.deepEqual(readTree(user.home), before);
      }),
  });
}

Deno.test({
  name: "everything in the home is private, and made private again",
  ignore,
  fn: () =>
    withUser(async (user) => {
      await logIn(user);
      const modeOf = (path: string): number => (Deno.lstatSync(path).mode ?? 0) & 0o777;
      for (const name of ["master.key", "vault.db", "audit.jsonl"]) {
        assert.equal(modeOf(`${user.home}/${name}`), 0o600, name);
      }
      assert.equal(modeOf(user.home), 0o700);
      await Deno.chmod(user.home, 0o755);
      await Deno.chmod(`${user.home}/vault.db`, 0o644);
      await user.succeed(["list"]);
      assert.equal(modeOf(user.home), 0o700);
      assert.equal(modeOf(`${user.home}/vault.db`), 0o600);
    }),
});

Deno.test("a vault locked with the environment opens with it only", () =>
  withUser(async (user) => {
    const env = { AUTHSOME_MASTER_KEY: MASTER_KEY };
    await user.succeed(["login", "openai", "--stdin"], { env, stdin: KEY });
    assert.equal(
      await user.succeed(["export", "openai"], { env }),
      `export OPENAI_API_KEY=${KEY}\n`,
    );
    const error = await user.fail(7, ["export", "openai"]);
    assert.match(error, /AUTHSOME_MASTER_KEY/);
    assert.equal(await user.succeed(["get", "openai", "--field", "status"]), "connected\n");
  }));

Deno.test("what is said of the key is true: nothing locked, another key set, a file that is not there", () =>
  withUser(async (user) => {
    const fresh = await user.authsome(["key", "status"]);
    assert.deepEqual([fresh.stdout, fresh.stderr], [
      "master.key\n",
      "Nothing is locked yet; the first login will use master.key.\n",
    ]);
    assert.match((await user.authsome(["doctor"])).stdout, /key +Nothing is locked yet/);

    const env = { AUTHSOME_MASTER_KEY_FILE: `${user.folder}/none` };
    const lost = await user.authsome(["whoami"], { env });
    assert.match(lost.stdout, /vault key +AUTHSOME_MASTER_KEY_FILE\n/);
    assert.match(
      lost.stderr,
      /Warning: .*none \(AUTHSOME_MASTER_KEY_FILE\) cannot be read \(no such/,
    );

    await logIn(user);
    const other = await user.authsome(["key", "status"], {
      env: { AUTHSOME_MASTER_KEY: MASTER_KEY },
    });
    assert.deepEqual([other.stdout, other.stderr], [
      "master.key\n",
      "The vault is locked with master.key. AUTHSOME_MASTER_KEY is set, and is used to open it " +
      "instead.\n",
    ]);
    const wrong = await user.authsome(["whoami"], { env: { AUTHSOME_MASTER_KEY: MASTER_KEY } });
    assert.match(wrong.stderr, /Warning: The key in AUTHSOME_MASTER_KEY does not open this vault/);
    assert.equal((await user.authsome(["key", "status"])).stderr, "");
  }));
