import assert from "node:assert/strict";
import { chooseKeyOrigin, type KeySituation } from "../../lib/cli/key_origin.ts";
import { parseDefinition } from "../../lib/definition.ts";
import { AuthsomeError } from "../../lib/errors.ts";
import { KEY_DEFINITION } from "../support/definitions.ts";

const DEFINITION = { ...KEY_DEFINITION, api_url: "api.acme.example" };
const EXPORTS = { export: { env: { api_key: ["ACME_API_KEY", "ACME_TOKEN"] } } };
const SIGNING = {
  api_key: { in: "sigv4" },
  export: {
    env: {
      access_key_id: "ACME_ID",
      secret_access_key: "ACME_SECRET",
      session_token: "ACME_TOKEN",
    },
  },
};
const OWN_VARIABLE = { api_key: { env_var: "ACME_KEY" } };

interface Case {
  readonly definition?: object;
  readonly flags?: Partial<KeySituation["flags"]>;
  readonly env?: KeySituation["env"];
  readonly display?: boolean;
  readonly terminal?: boolean;
}

function situation(one: Case): KeySituation {
  return {
    provider: parseDefinition({ ...DEFINITION, ...one.definition }, "test"),
    flags: { stdin: false, "from-env": undefined, force: false, "no-browser": false, ...one.flags },
    env: one.env ?? {},
    hasDisplay: one.display ?? false,
    hasTerminal: one.terminal ?? false,
  };
}

const everything: Case = {
  definition: { ...EXPORTS, ...OWN_VARIABLE },
  env: { ACME_API_KEY: "a", ACME_KEY: "b", OTHER: "c" },
  display: true,
  terminal: true,
};

const CHOICES: readonly (readonly [name: string, one: Case, expected: object])[] = [
  ["--stdin before all", { ...everything, flags: { stdin: true, "from-env": "OTHER" } }, {
    kind: "stdin",
  }],
  ["--from-env VAR", { ...everything, flags: { "from-env": "OTHER", "no-browser": true } }, {
    kind: "variable",
    name: "OTHER",
  }],
  ["--from-env: the first exported variable", { ...everything, flags: { "from-env": true } }, {
    kind: "variable",
    name: "ACME_API_KEY",
  }],
  [
    "--from-env: the login variable if none is exported",
    { ...everything, definition: OWN_VARIABLE, flags: { "from-env": true } },
    { kind: "variable", name: "ACME_KEY" },
  ],
  [
    "--from-env: the parts of an access key, without a token if there is none",
    {
      definition: SIGNING,
      flags: { "from-env": true },
      env: { ACME_ID: "a", ACME_SECRET: "b", ACME_TOKEN: "" },
    },
    { kind: "access_key", names: ["ACME_ID", "ACME_SECRET"] },
  ],
  [
    "--from-env: the parts of an access key, with its token",
    {
      definition: SIGNING,
      flags: { "from-env": true },
      env: { ACME_ID: "a", ACME_SECRET: "b", ACME_TOKEN: "c" },
    },
    { kind: "access_key", names: ["ACME_ID", "ACME_SECRET", "ACME_TOKEN"] },
  ],
  ["the definition's variable", everything, { kind: "variable", name: "ACME_KEY" }],
  ["not the definition's variable with --force", { ...everything, flags: { force: true } }, {
    kind: "page",
    open: true,
  }],
  ["not an empty variable", { ...everything, env: { ACME_KEY: "" } }, { kind: "page", open: true }],
  ["not an exported variable", { ...everything, definition: EXPORTS }, {
    kind: "page",
    open: true,
  }],
  ["--no-browser with a display", { display: true, flags: { "no-browser": true } }, {
    kind: "page",
    open: false,
  }],
  ["--no-browser without one", { terminal: true, flags: { "no-browser": true } }, {
    kind: "page",
    open: false,
  }],
  ["the browser", { display: true, terminal: true }, { kind: "page", open: true }],
  ["the terminal", { terminal: true }, { kind: "prompt" }],
];

for (const [name, one, expected] of CHOICES) {
  Deno.test(`chooseKeyOrigin() chooses ${name}`, () => {
    assert.deepEqual(chooseKeyOrigin(situation(one)), expected);
  });
}

const REFUSALS: readonly (readonly [name: string, one: Case, code: string])[] = [
  ["nobody can be asked", {}, "usage"],
  ["no variable is known", { flags: { "from-env": true } }, "usage"],
  ["an access key has no variables", {
    definition: { api_key: { in: "sigv4" } },
    flags: { "from-env": true },
  }, "usage"],
  [
    "half of an access key is not set",
    { definition: SIGNING, flags: { "from-env": true }, env: { ACME_ID: "a" }, display: true },
    "connection_not_found",
  ],
  ["the variable's name is empty", { flags: { "from-env": "" } }, "usage"],
  [
    "the variable is not set",
    { flags: { "from-env": "NONE" }, display: true },
    "connection_not_found",
  ],
];

for (const [name, one, code] of REFUSALS) {
  Deno.test(`chooseKeyOrigin() refuses if ${name}`, () => {
    assert.throws(
      () => chooseKeyOrigin(situation(one)),
      (error) => error instanceof AuthsomeError && error.code === code && error.hint !== "",
    );
  });
}
