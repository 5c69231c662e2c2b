import assert from "node:assert/strict";
import { type CommandLine, parseCommandLine } from "../../lib/cli/arguments.ts";
import { COMMANDS } from "../../lib/cli/command_table.ts";

function parse(...args: string[]): CommandLine {
  return parseCommandLine(args);
}

function given(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const set = Object.entries(values).filter(([, value]) =>
    value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
  );
  return Object.fromEntries(set);
}

const UNDERSTOOD: readonly (readonly [words: string, expected: unknown])[] = [
  ["login openai", { provider: "openai" }],
  ["login openai --force --stdin", { provider: "openai", force: true, stdin: true }],
  ["login --connection team openai", { provider: "openai", connection: "team" }],
  ["login openai --connection=team", { provider: "openai", connection: "team" }],
  ["login openai --connection a --connection b", { provider: "openai", connection: "b" }],
  ["login openai --scopes a,b --base-url=https://x", {
    provider: "openai",
    scopes: "a,b",
    "base-url": "https://x",
  }],
  ["login openai --from-env", { provider: "openai", "from-env": true }],
  ["login --from-env openai", { provider: "openai", "from-env": true }],
  ["login --from-env KEY openai", { provider: "openai", "from-env": "KEY" }],
  ["login --from-env _key openai", { provider: "openai", "from-env": "_key" }],
  ["login --from-env=key openai", { provider: "openai", "from-env": "key" }],
  ["login openai --from-env --force", { provider: "openai", "from-env": true, force: true }],
  ["login -- openai", { provider: "openai" }],
  ["log -n 5", { n: "5" }],
  ["log -n5 --follow", { n: "5", follow: true }],
  ["export", {}],
  ["get openai --field anything", { provider: "openai", field: "anything" }],
  ["list --json", { json: true }],
];

for (const [words, expected] of UNDERSTOOD) {
  Deno.test(`parseCommandLine() reads: ${words}`, () => {
    const { input, failure, command } = parse(...words.split(" "));
    assert.equal(failure, undefined);
    assert.equal(command, words.split(" ")[0]);
    assert.deepEqual(given({ ...input.positionals, ...input.flags }), expected);
  });
}

const VERBATIM: readonly (readonly [words: string, flags: unknown, rest: readonly string[]])[] = [
  ["run -- npm start --json", {}, ["npm", "start", "--json"]],
  ["run npm start --provider x -h", {}, ["npm", "start", "--provider", "x", "-h"]],
  ["run --only npm -- x", { only: true }, ["npm", "--", "x"]],
  ["run --only -- -- x", { only: true }, ["--", "x"]],
  ["run --provider a --provider=b c", { provider: ["a", "b"] }, ["c"]],
  ["run --json -- -v", { json: true }, ["-v"]],
  ["run", {}, []],
];

for (const [words, flags, rest] of VERBATIM) {
  Deno.test(`parseCommandLine() leaves the child its words: ${words}`, () => {
    const { input, failure, globals } = parse(...words.split(" "));
    assert.equal(failure, undefined);
    assert.deepEqual(given(input.flags), flags);
    assert.deepEqual(input.rest, rest);
    assert.equal(globals.help, false);
    assert.equal(globals.version, false);
  });
}

Deno.test("parseCommandLine() takes global flags before and after the command", () => {
  for (
    const words of ["--json --profile p list", "list --json --profile=p", "--json list --profile p"]
  ) {
    const { globals, failure } = parse(...words.split(" "));
    assert.equal(failure, undefined);
    assert.deepEqual(given(globals), { json: true, profile: "p" }, words);
  }
});

const MISTAKES: readonly (readonly [words: string, message: RegExp, hint: RegExp])[] = [
  ["lisst", /no command 'lisst'/, /authsome list/],
  ["--nope list", /no flag --nope/, /--help/],
  ["--nope", /no flag --nope/, /--help/],
  ["list --jsn", /no flag --jsn/, /--json/],
  ["list -x", /no flag -x/, /--help/],
  ["login", /needs a provider/, /authsome login openai/],
  ["login a b", /login takes nothing but PROVIDER\./, /--stdin/],
  ["set-default a b c", /takes nothing but PROVIDER and CONNECTION\./, /set-default --help/],
  ["key", /key needs an action/, /authsome key status/],
  ["whoami a", /takes no arguments/, /authsome whoami --help/],
  ["login openai --connection", /--connection needs a value/, /--connection NAME/],
  ["login openai --connection --force", /--connection needs a value/, /--connection NAME/],
  ["login openai --force=yes", /--force takes no value/, /^$/],
  ["export --format yaml", /--format must be one of: env,/, /^$/],
  ["export --format dotnev", /--format must be one of: env,/, /dotenv/],
  ["completions bsh", /The shell must be one of: bash,/, /bash/],
  ["list --verbose --connection x", /no flag --connection/, /--help/],
  ["run --nope npm", /no flag --nope/, /--help/],
];

for (const [words, message, hint] of MISTAKES) {
  Deno.test(`parseCommandLine() explains what is wrong with: ${words}`, () => {
    const { failure } = parse(...words.split(" "));
    assert.equal(failure?.code, "usage");
    assert.match(failure.message, message);
    assert.match(failure.hint, hint);
  });
}

Deno.test("parseCommandLine() finds --json wherever the mistake is", () => {
  const mistakes = [
    "lisst --json",
    "--json lisst",
    "--nope --json list",
    "login --json",
    "login openai --connection --json",
    "login a b --json",
    "--json",
  ];
  for (const words of mistakes) {
    assert.equal(parse(...words.split(" ")).globals.json, true, words);
  }
  assert.equal(parse("run", "child", "--json").globals.json, false);
  assert.equal(parse("list", "--", "--json").globals.json, false);
});

Deno.test("parseCommandLine() is not fooled by names that every object has", () => {
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    assert.equal(parse(name).failure?.code, "usage", name);
    assert.equal(parse("list", `--${name}`).failure?.code, "usage", name);
  }
});

Deno.test("every example of the command table is understood", () => {
  for (const [name, { examples }] of Object.entries(COMMANDS)) {
    for (const example of examples) {
      const [, line = ""] = /authsome ([^|">#]*)/.exec(example) ?? [];
      const { command, failure } = parse(...line.replaceAll(/['")]/g, "").trim().split(/ +/));
      assert.equal(failure, undefined, example);
      assert.equal(command, name, example);
    }
  }
});
