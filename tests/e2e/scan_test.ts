import assert from "node:assert/strict";
import { join } from "node:path";
import {
  authsomeCommand,
  KEY,
  logIn,
  OTHER_KEY,
  type User,
  withUser,
} from "../support/authsome.ts";
import { testNeeding } from "../support/needs.ts";
import { runInTerminal, TERMINAL_DRIVER } from "../support/terminal.ts";

interface Finding {
  readonly provider: string | null;
  readonly variable: string;
  readonly source: string;
  readonly path: string | null;
  readonly line: number | null;
  readonly stored: string;
  readonly connection: string | null;
  readonly imported: boolean;
  readonly cleaned: boolean;
  readonly backup: string | null;
}

const GROQ_KEY = `gsk_${"canary0123456789".repeat(2)}`;
const SECRETS = [KEY, OTHER_KEY, GROQ_KEY];

/** Makes a folder of the person's with these files. */
function makeProject(user: User, files: Readonly<Record<string, string>>): string {
  const project = join(user.folder, "project");
  for (const [path, text] of Object.entries(files)) {
    Deno.mkdirSync(join(project, path, ".."), { recursive: true });
    Deno.writeTextFileSync(join(project, path), text);
  }
  return project;
}

async function scan(
  user: User,
  options: {
    readonly cwd: string;
    readonly flags?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<readonly Finding[]> {
  const { flags = [], ...invocation } = options;
  const { code, document } = await user.json(["scan", ...flags], invocation);
  assert.equal(code, 0, JSON.stringify(document));
  assert.deepEqual(Object.keys(document), ["v", "findings"]);
  const text = JSON.stringify(document);
  for (const secret of SECRETS) assert.ok(!text.includes(secret.slice(0, 8)), text);
  return document.findings as readonly Finding[];
}

function summaries(findings: readonly Finding[]): string[] {
  return findings.map(({ provider, variable, source, stored }) =>
    [provider, variable, source, stored].join(" ")
  );
}

Deno.test("scan: keys in files, shell profiles and the environment, by name and by shape", () =>
  withUser(async (user) => {
    const cwd = makeProject(user, {
      ".env": `# OPENAI_API_KEY=${OTHER_KEY}\nOPENAI_API_KEY=${KEY}\nDEBUG=1\n`,
      "api/.env.local": `export BACKEND='${GROQ_KEY}'\n`,
      "node_modules/x/.env": `OPENAI_API_KEY=${OTHER_KEY}\n`,
      ".env.big": `OPENAI_API_KEY=${OTHER_KEY}\n${"#".repeat(1024 * 1024)}`,
    });
    Deno.writeTextFileSync(join(user.folder, ".bashrc"), `export OPENAI_API_KEY="${OTHER_KEY}"\n`);
    const found = await scan(user, { cwd, env: { MISTRAL_API_KEY: "0123456789abcdef" } });
    assert.deepEqual(summaries(found), [
      "openai OPENAI_API_KEY file new",
      "groq BACKEND file new",
      "openai OPENAI_API_KEY profile new",
      "mistral MISTRAL_API_KEY environment new",
    ]);
    assert.equal(found[0]?.path, join(Deno.realPathSync(cwd), ".env"));
    assert.equal(found[0]?.line, 2);
  }));

Deno.test("scan: the table tells what is stored, and shows no more than four characters", () =>
  withUser(async (user) => {
    await logIn(user);
    const cwd = makeProject(user, {
      ".env": `OPENAI_API_KEY=${KEY}\nGROQ_API_KEY=${GROQ_KEY}\n`,
      "old/.env": `OPENAI_API_KEY=${OTHER_KEY}\n`,
    });
    const { code, stdout, stderr } = await user.authsome(["scan"], { cwd });
    assert.equal(code, 0);
    assert.match(stdout, /^openai +OPENAI_API_KEY +sk-a… +[0-9a-f]{8} +yes \(default\) +\.env:1$/m);
    assert.match(stdout, /^groq +GROQ_API_KEY +gsk_… +[0-9a-f]{8} +no +\.env:2$/m);
    assert.match(
      stdout,
      /^openai +OPENAI_API_KEY +sk-z… +[0-9a-f]{8} +another key +old\/\.env:1$/m,
    );
    assert.match(stderr, /^To store them: authsome scan --import$/m);
    for (const secret of SECRETS) assert.ok(!(stdout + stderr).includes(secret.slice(4, 9)));
  }));

Deno.test("scan: a file that git does not ignore is warned of, and only that", () =>
  withUser(async (user) => {
    const cwd = makeProject(user, {
      ".git/HEAD": "",
      ".gitignore": ".env.local\n",
      ".env": `OPENAI_API_KEY=${KEY}\n`,
      ".env.local": `OPENAI_API_KEY=${KEY}\n`,
    });
    const { stderr } = await user.authsome(["scan"], { cwd });
    const warnings = stderr.split("\n").filter((line) => line.startsWith("Warning:"));
    assert.deepEqual(warnings, ["Warning: git does not ignore .env. Add it to .gitignore."]);
  }));

Deno.test("scan --import stores what is certain and new, and says why not for the rest", () =>
  withUser(async (user) => {
    const cwd = makeProject(user, {
      ".env": `GROQ_API_KEY=${GROQ_KEY}\nGITHUB_TOKEN=ghp_${"0".repeat(30)}\n`,
      ".env.one": `OPENAI_API_KEY=${KEY}\n`,
      ".env.two": `OPENAI_API_KEY=${OTHER_KEY}\nSOME=sk-ant-${"0".repeat(30)}\n`,
    });
    const { code, stdout, stderr } = await user.authsome(["scan", "--import"], { cwd });
    assert.equal(code, 0);
    assert.match(stdout, /^groq .* now \(default\) +\.env:1$/m);
    assert.match(stderr, /^Warning: Different keys for openai were found, and none was stored: /m);
    assert.match(stderr, /^Warning: SOME was not stored: it may belong to anthropic or openai\./m);
    assert.equal(await user.succeed(["export", "groq"]), `export GROQ_API_KEY=${GROQ_KEY}\n`);
    await user.fail(5, ["get", "openai"]);
    const { document } = await user.json(["log"]);
    const [login] = document.events as readonly Readonly<Record<string, string>>[];
    assert.deepEqual([login?.event, login?.provider, login?.outcome], ["login", "groq", "ok"]);
    const again = await scan(user, { cwd, flags: ["--import"] });
    assert.deepEqual(again.filter(({ imported }) => imported), []);
  }));

Deno.test("scan --import replaces nothing, and --connection stores beside", () =>
  withUser(async (user) => {
    await logIn(user);
    const cwd = makeProject(user, { ".env": `OPENAI_API_KEY=${OTHER_KEY}\n` });
    const { stderr } = await user.authsome(["scan", "--import"], { cwd });
    assert.match(stderr, /already connected.*--force$/m);
    const flags = ["--import", "--connection", "work"];
    const [finding] = await scan(user, { cwd, flags });
    assert.deepEqual([finding?.imported, finding?.connection], [true, "work"]);
    assert.equal(
      await user.succeed(["export", "openai", "--connection", "work"]),
      `export OPENAI_API_KEY=${OTHER_KEY}\n`,
    );
    assert.equal(await user.succeed(["export", "openai"]), `export OPENAI_API_KEY=${KEY}\n`);
    await user.fail(2, ["scan", "--import", "--connection", "a b"], { cwd });
  }));

Deno.test("scan --clean takes stored keys out of files and keeps a private backup", () =>
  withUser(async (user) => {
    const text = `A=1\r\nOPENAI_API_KEY=${KEY} # mine\r\nGROQ_API_KEY=${GROQ_KEY}; B=2\n`;
    const cwd = makeProject(user, { ".env": text });
    const path = join(cwd, ".env");
    if (Deno.build.os !== "windows") Deno.chmodSync(path, 0o640);
    const flags = ["--import", "--clean", "--yes"];
    const [openai, groq] = await scan(user, { cwd, flags });
    assert.deepEqual([openai?.imported, openai?.cleaned], [true, true]);
    assert.deepEqual([groq?.imported, groq?.cleaned], [true, false]);
    assert.equal(
      Deno.readTextFileSync(path),
      `A=1\r\n# OPENAI_API_KEY is in authsome: openai (default)\r\nGROQ_API_KEY=${GROQ_KEY}; B=2\n`,
    );
    assert.ok(openai?.backup?.startsWith(user.home));
    assert.equal(Deno.readTextFileSync(openai?.backup ?? ""), text);
    if (Deno.build.os !== "windows") {
      assert.equal((Deno.statSync(openai?.backup ?? "").mode ?? 0) & 0o777, 0o600);
      assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o640);
    }
    assert.deepEqual([...Deno.readDirSync(cwd)].map(({ name }) => name), [".env"]);
    assert.deepEqual(summaries(await scan(user, { cwd })), ["groq GROQ_API_KEY file same"]);
  }));

Deno.test("doctor says that scan --clean has left keys in clear text, and how they go", () =>
  withUser(async (user) => {
    assert.doesNotMatch((await user.authsome(["doctor"])).stdout, /clear text/);
    Deno.writeTextFileSync(`${user.folder}/.env`, `OPENAI_API_KEY=${KEY}\n`);
    await user.succeed(["scan", "--import", "--clean", "--yes"], { cwd: user.folder });
    const { stdout } = await user.authsome(["doctor"]);
    assert.match(
      stdout,
      /backups has 1 of your files .* clear text\.\n +When .*: rm -r '.*backups'/,
    );
  }));

Deno.test("scan --clean leaves keys alone that are not stored, and asks before it changes a file", () =>
  withUser(async (user) => {
    const text = `OPENAI_API_KEY=${KEY}\n`;
    const cwd = makeProject(user, { ".env": text });
    await user.succeed(["scan", "--clean"], { cwd });
    await logIn(user);
    const error = await user.fail(2, ["scan", "--clean"], { cwd });
    assert.match(error, /Error: There is no terminal.*\nHint: .*authsome scan --clean --yes\n$/);
    assert.equal(Deno.readTextFileSync(join(cwd, ".env")), text);
  }));

const ANSWERS: readonly (readonly [send: string, code: number, cleaned: boolean])[] = [
  ["y\r", 0, true],
  ["\r", 8, false],
  ["\u0003", 8, false],
];

for (const [send, expected, cleaned] of ANSWERS) {
  testNeeding(TERMINAL_DRIVER)(
    `scan --clean, answered with ${JSON.stringify(send)}, ends with ${expected}`,
    () =>
      withUser(async (user) => {
        await logIn(user);
        Deno.writeTextFileSync(join(user.folder, ".bashrc"), `export OPENAI_API_KEY=${KEY}\n`);
        const { code, screen } = await runInTerminal([...authsomeCommand(), "scan", "--clean"], {
          env: user.env,
          steps: [{ wait: "Comment 1 line out? [y/N]", send }],
        });
        assert.equal(code, expected, screen);
        const profile = Deno.readTextFileSync(join(user.folder, ".bashrc"));
        assert.equal(profile.includes(KEY), !cleaned);
      }),
  );
}

Deno.test("scan: inside a run, placeholders are no keys", () =>
  withUser(async (user) => {
    await logIn(user);
    const cwd = makeProject(user, { ".env": "OPENAI_API_KEY=authsome-proxy-managed\n" });
    const env = { OPENAI_API_KEY: "authsome-proxy-managed:team" };
    assert.deepEqual(await scan(user, { cwd, env }), []);
    const { stdout, stderr } = await user.authsome(["scan"], { cwd, env });
    assert.deepEqual([stdout, stderr], ["", "No keys were found.\n"]);
  }));
