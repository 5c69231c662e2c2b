import assert from "node:assert/strict";
import {
  chooseClientOrigin,
  type ClientOrigin,
  type ClientSituation,
} from "../../lib/cli/client_origin.ts";
import { parseDefinition } from "../../lib/definition.ts";
import { AuthsomeError } from "../../lib/errors.ts";
import { OAUTH_DEFINITION } from "../support/definitions.ts";

const STORED = { id: "stored" };
const ENV = { id: "from-variables" };
const FLAGS = {
  "client-id": undefined,
  stdin: false,
  "from-env": undefined,
  force: false,
  "no-browser": false,
};

function situation(changes: Partial<ClientSituation>): ClientSituation {
  return {
    flags: FLAGS,
    provider: parseDefinition(OAUTH_DEFINITION, "acme.json"),
    known: undefined,
    stored: undefined,
    isPublicOnly: false,
    hasDisplay: true,
    hasTerminal: true,
    ...changes,
  };
}

const named = (secret: "stdin" | "prompt" | "none"): ClientOrigin => ({
  kind: "named",
  id: "x",
  secret,
});

const CHOICES: readonly (readonly [string, Partial<ClientSituation>, ClientOrigin])[] = [
  ["what is known is used", { known: STORED, stored: STORED }, { kind: "known", client: STORED }],
  ["a display shows the page", {}, { kind: "page" }],
  [
    "--no-browser serves the page without a display",
    { flags: { ...FLAGS, "no-browser": true }, hasDisplay: false },
    { kind: "page" },
  ],
  ["a terminal is asked", { hasDisplay: false }, { kind: "prompt" }],
  [
    "variables come before the page",
    { known: ENV, flags: { ...FLAGS, force: true }, stored: STORED },
    { kind: "known", client: ENV },
  ],
  ["--force asks anew", { flags: { ...FLAGS, force: true }, stored: STORED }, { kind: "page" }],
  [
    "where nobody can be asked, --force keeps the stored client",
    { flags: { ...FLAGS, force: true }, stored: STORED, hasDisplay: false, hasTerminal: false },
    { kind: "known", client: STORED },
  ],
  [
    "--client-id comes first, its secret from --stdin",
    { flags: { ...FLAGS, "client-id": "x", stdin: true }, known: STORED },
    named("stdin"),
  ],
  ["its secret is asked for", { flags: { ...FLAGS, "client-id": "x" } }, named("prompt")],
  [
    "unless clients have none",
    { flags: { ...FLAGS, "client-id": "x" }, isPublicOnly: true },
    named("none"),
  ],
  [
    "or nobody is there",
    { flags: { ...FLAGS, "client-id": "x" }, hasTerminal: false },
    named("none"),
  ],
];

for (const [name, changes, expected] of CHOICES) {
  Deno.test(`the client's origin: ${name}`, () => {
    assert.deepEqual(chooseClientOrigin(situation(changes)), expected);
  });
}

const REFUSED: readonly (readonly [string, Partial<ClientSituation>])[] = [
  ["nobody can be asked", { hasDisplay: false, hasTerminal: false }],
  ["--stdin without --client-id", { flags: { ...FLAGS, stdin: true }, known: STORED }],
  ["--from-env", { flags: { ...FLAGS, "from-env": "KEY" }, known: STORED }],
];

for (const [name, changes] of REFUSED) {
  Deno.test(`the client's origin: ${name} is refused with a command to type`, () => {
    assert.throws(
      () => chooseClientOrigin(situation(changes)),
      (error) =>
        error instanceof AuthsomeError && error.code === "usage" &&
        error.hint.includes("authsome login acme"),
    );
  });
}

Deno.test("the client's origin: who brings a token is told the flows, and where it fits", () => {
  for (const flags of [{ ...FLAGS, stdin: true }, { ...FLAGS, "from-env": "GH_TOKEN" }]) {
    assert.throws(
      () => chooseClientOrigin(situation({ flags })),
      (error) =>
        error instanceof AuthsomeError &&
        /login acme \(flows: pkce.*\)\. A token .*: authsome register FILE/.test(error.hint),
    );
  }
});
