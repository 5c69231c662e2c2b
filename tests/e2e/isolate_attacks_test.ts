import assert from "node:assert/strict";
import { join } from "node:path";
import { authsomeCommand, KEY, type User, withUser } from "../support/authsome.ts";
import { SHARE_AUTHSOME, testIsolated } from "../support/isolation.ts";
import { RunningProgram } from "../support/running.ts";

const test = testIsolated("python3");

const FIXTURES = join(import.meta.dirname ?? ".", "..", "fixtures", "isolation");
const SECRET = "canary-4f1d0c5be2a9";

/** Attempts that succeed for everybody without isolation; if not, the script is at fault. */
const DOORS = [
  "read vault.db in authsome's home",
  "read master.key in authsome's home",
  "list authsome's home",
  "read the vault through a link to its folder",
  "read the key file that AUTHSOME_MASTER_KEY_FILE names",
  "read a keyring file of the desktop",
  "move authsome's home aside",
  "read other processes' environments",
  "see the processes outside",
  "signal another process",
  "attach to System V shared memory",
  "read a file in shared memory",
  "open another terminal",
  "talk to the bus socket",
  "talk to the keyring socket",
  "talk to the agent socket",
  "talk to the docker socket",
  "talk to the tmux socket",
  "talk to the editor socket",
  "talk to the renamed socket",
  "talk to the relative socket",
  "talk to an abstract socket",
  "connect to a server on loopback",
  "send datagrams to loopback",
  "have the proxy connect to this machine as 127.0.0.1",
  "have the proxy connect to this machine as localhost",
  "have the proxy connect to this machine as 0.0.0.0",
  "have the proxy fetch from this machine",
  "write to .bashrc",
  "replace .bashrc",
  "plant a program that starts with the desktop",
  "plant one with the folder around it moved aside",
  "plant an SSH key",
  "change authsome's own program",
  "have any capability, or get one from a program that gives some",
];

test("an isolated child gets no secret, no network and no way out", async (context) => {
  const results = await attack(["--isolate", ...SHARE_AUTHSOME, "--share", FIXTURES]);
  assert.ok(results.size > DOORS.length);
  for (const [name, got] of results) {
    await context.step(`it cannot ${name}`, () => assert.equal(got, null));
  }
});

test("without isolation the same child gets much of it", async () => {
  const results = await attack([]);
  assert.deepEqual(DOORS.filter((name) => (results.get(name) ?? null) === null), []);
});

async function attack(flags: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
  let results: Record<string, unknown> = {};
  await withUser(async (user) => {
    const env = await furnish(user);
    const neighbour = new RunningProgram(
      ["python3", join(FIXTURES, "neighbour.py"), user.folder],
      { ...user.env, NEIGHBOUR_SECRET: SECRET },
    );
    const known = JSON.parse(await neighbour.readUntil("\n"));
    const file = join(user.folder, "project", "known.json");
    Deno.writeTextFileSync(file, JSON.stringify(describe(user, known)));
    const command = ["python3", join(FIXTURES, "escape.py"), file];
    const { code, stdout, stderr } = await user.authsome(["run", ...flags, "--", ...command], {
      env,
      cwd: join(user.folder, "project"),
    });
    await neighbour.finish();
    assert.equal(code, 0, stderr);
    results = JSON.parse(stdout);
  });
  return new Map(Object.entries(results));
}

/** A home with what people have in theirs, and a vault. Gives the environment of the run. */
async function furnish(user: User): Promise<Record<string, string>> {
  const folders = ["project", "runtime", ".ssh", ".config/autostart", ".config/systemd/user"];
  for (const name of [...folders, ".local/share/keyrings"]) {
    Deno.mkdirSync(join(user.folder, name), { recursive: true });
  }
  const files = [".bashrc", ".profile", ".zshenv", ".local/share/keyrings/login.keyring"];
  for (const name of files) Deno.writeTextFileSync(join(user.folder, name), "# mine\n");
  const env = { AUTHSOME_MASTER_KEY_FILE: join(user.folder, "outer.key") };
  const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
  Deno.writeTextFileSync(env.AUTHSOME_MASTER_KEY_FILE, key, { mode: 0o600 });
  await user.succeed(["login", "openai", "--stdin"], { stdin: KEY, env });
  Deno.writeTextFileSync(join(user.home, "master.key"), key, { mode: 0o600 });
  Deno.symlinkSync(user.home, join(user.folder, "link"));
  return { XDG_RUNTIME_DIR: join(user.folder, "runtime"), ...env };
}

function describe(user: User, neighbour: Readonly<Record<string, unknown>>): unknown {
  const command = authsomeCommand();
  return {
    neighbour,
    secret: SECRET,
    home: user.home,
    user_home: user.folder,
    link: join(user.folder, "link"),
    key_file: join(user.folder, "outer.key"),
    device: join(user.folder, "project", "disk"),
    authsome: command.join(" "),
    program: command[0],
  };
}
