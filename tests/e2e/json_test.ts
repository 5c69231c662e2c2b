import assert from "node:assert/strict";
import { KEY, logIn, type User, withUser } from "../support/authsome.ts";

const NAMES = "anthropic gemini groq huggingface mistral openai openrouter perplexity resend " +
  "sendgrid stripe tavily";

interface ListedProvider {
  readonly name: string;
  readonly [field: string]: unknown;
}

async function listed(user: User, name: string): Promise<ListedProvider | undefined> {
  const { document } = await user.json(["list"]);
  return (document.providers as readonly ListedProvider[]).find((one) => one.name === name);
}

Deno.test("list --json shows every provider with its connections", () =>
  withUser(async (user) => {
    await logIn(user);
    const { code, document } = await user.json(["list"]);
    assert.equal(code, 0);
    assert.deepEqual(Object.keys(document), ["v", "profile", "providers"]);
    assert.equal(document.profile, "default");
    const names = (document.providers as readonly ListedProvider[]).map(({ name }) => name);
    for (const name of NAMES.split(" ")) assert.ok(names.includes(name), name);
    assert.deepEqual(names, names.toSorted());
    assert.deepEqual(await listed(user, "openai"), {
      name: "openai",
      display_name: "OpenAI",
      source: "bundled",
      auth_type: "api_key",
      connections: [
        { name: "default", default: true, status: "connected", expires_at: null, scopes: [] },
      ],
    });
  }));

Deno.test("get --json shows the record with its secrets redacted", () =>
  withUser(async (user) => {
    await logIn(user);
    const { code, document } = await user.json(["get", "openai"]);
    const { obtained_at, metadata, ...rest } = document;
    assert.equal(code, 0);
    assert.match(String(obtained_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.deepEqual((metadata as { api_urls: unknown }).api_urls, ["api.openai.com"]);
    assert.deepEqual(rest, {
      v: 1,
      schema_version: 1,
      provider: "openai",
      profile: "default",
      connection_name: "default",
      auth_type: "api_key",
      status: "connected",
      scopes: [],
      token_type: null,
      expires_at: null,
      base_url: null,
      account: { id: null, label: null },
      api_key: "***REDACTED***",
    });
    const shown = await user.json(["get", "openai", "--show-secret"]);
    assert.equal(shown.document.api_key, KEY);
    const field = await user.json(["get", "openai", "--field", "status"]);
    assert.deepEqual(field.document, { v: 1, status: "connected" });
    const nested: Readonly<Record<string, string>> = {
      "metadata.api_urls": "api.openai.com\n",
      account: '{"id":null,"label":null}\n',
      expires_at: "\n",
      scopes: "\n",
    };
    for (const [name, text] of Object.entries(nested)) {
      assert.equal(await user.succeed(["get", "openai", "--field", name]), text);
    }
  }));

Deno.test("the other commands' documents have the shapes of the contract", () =>
  withUser(async (user) => {
    const login = await user.json(["login", "openai", "--stdin"], { stdin: KEY });
    assert.deepEqual(login.document, {
      v: 1,
      provider: "openai",
      connection: "default",
      status: "connected",
    });
    const inspect = (await user.json(["inspect", "openai"])).document;
    assert.deepEqual(Object.keys(inspect), ["v", "source", "definition", "connections"]);
    assert.equal(inspect.source, "bundled");
    assert.equal((inspect.connections as unknown[]).length, 1);
    assert.deepEqual((await user.json(["export", "openai", "--format", "fish"])).document, {
      v: 1,
      credentials: { OPENAI_API_KEY: KEY },
    });
    const { version, ...whoami } = (await user.json(["whoami"])).document;
    assert.match(String(version), /^\d+\.\d+\.\d+/);
    assert.deepEqual(whoami, {
      v: 1,
      home: user.home,
      profile: "default",
      key_source: "master.key",
      connections: 1,
    });
    assert.deepEqual((await user.json(["version"])).document, { v: 1, version });
    assert.deepEqual((await user.json(["--version"])).document, { v: 1, version });
    const log = (await user.json(["log"])).document;
    assert.deepEqual(Object.keys(log), ["v", "events"]);
    const events = (log.events as readonly { event: string }[]).map(({ event }) => event);
    assert.deepEqual(events, ["login", "export"]);
    const doctor = (await user.json(["doctor"])).document;
    assert.deepEqual(Object.keys(doctor), ["v", "ok", "checks"]);
    for (const check of doctor.checks as readonly object[]) {
      assert.deepEqual(Object.keys(check).sort(), ["hint", "message", "name", "ok"]);
    }
    assert.deepEqual((await user.json(["set-default", "openai", "default"])).document, {
      v: 1,
      provider: "openai",
      connection: "default",
    });
    assert.deepEqual((await user.json(["logout", "openai"])).document, {
      v: 1,
      provider: "openai",
      connection: "default",
    });
    assert.deepEqual((await user.json(["remove", "openai"])).document, {
      v: 1,
      provider: "openai",
      connections: 0,
      definition: null,
    });
  }));

Deno.test("key_source names where the master key comes from", () =>
  withUser(async (user) => {
    const key = btoa("k".repeat(32));
    const file = `${user.folder}/key`;
    await Deno.writeTextFile(file, key);
    const sources = { AUTHSOME_MASTER_KEY: key, AUTHSOME_MASTER_KEY_FILE: file };
    for (const [name, value] of Object.entries(sources)) {
      const { document } = await user.json(["whoami"], { env: { [name]: value } });
      assert.equal(document.key_source, name);
    }
  }));

interface Failure {
  readonly args: readonly string[];
  readonly error: string;
  readonly status: number;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const FAILURES: readonly Failure[] = [
  { args: [], error: "usage", status: 2 },
  { args: ["lst"], error: "usage", status: 2 },
  { args: ["list", "--nope"], error: "usage", status: 2 },
  { args: ["whoami", "extra"], error: "usage", status: 2 },
  { args: ["login"], error: "usage", status: 2 },
  { args: ["login", "openai"], error: "usage", status: 2 },
  { args: ["login", "openai", "--flow", "pkce"], error: "usage", status: 2 },
  { args: ["get", "openai", "--connection"], error: "usage", status: 2 },
  { args: ["get", "openai", "--connection", "a b"], error: "usage", status: 2 },
  { args: ["log", "-n", "many"], error: "usage", status: 2 },
  { args: ["log", "--follow"], error: "usage", status: 2 },
  { args: ["completions", "tcsh"], error: "usage", status: 2 },
  { args: ["register", "missing.json", "--yes"], error: "usage", status: 2 },
  { args: ["scan", "extra"], error: "usage", status: 2 },
  { args: ["login", "opnai"], error: "provider_not_found", status: 3 },
  { args: ["login", "OpenAI"], error: "provider_not_found", status: 3 },
  { args: ["inspect", "nope"], error: "provider_not_found", status: 3 },
  { args: ["remove", "nope"], error: "provider_not_found", status: 3 },
  { args: ["login", "openai", "--stdin"], stdin: "x", error: "authentication_failed", status: 4 },
  { args: ["login", "openai", "--stdin"], stdin: "", error: "authentication_failed", status: 4 },
  { args: ["login", "openai", "--from-env"], error: "connection_not_found", status: 5 },
  { args: ["get", "openai"], error: "connection_not_found", status: 5 },
  { args: ["export", "openai"], error: "connection_not_found", status: 5 },
  { args: ["logout", "openai"], error: "connection_not_found", status: 5 },
  { args: ["revoke", "openai"], error: "connection_not_found", status: 5 },
  { args: ["set-default", "openai", "x"], error: "connection_not_found", status: 5 },
  {
    args: ["login", "openai", "--stdin"],
    stdin: KEY,
    env: { AUTHSOME_MASTER_KEY: "nonsense" },
    error: "vault_unavailable",
    status: 7,
  },
];

Deno.test("every failure is one JSON document with code, message and hint", () =>
  withUser(async (user) => {
    for (const { args, error, status, ...invocation } of FAILURES) {
      const { code, document } = await user.json(args, invocation);
      assert.deepEqual(Object.keys(document), ["v", "error", "message", "hint"]);
      assert.deepEqual({ args, error: document.error, code }, { args, error, code: status });
      assert.match(String(document.message), /^\S.*\.$/);
    }
    await logIn(user);
    const { code, document } = await user.json(["login", "openai", "--stdin"], { stdin: KEY });
    assert.deepEqual([code, document.error], [10, "already_exists"]);
  }));

Deno.test("global flags count before and after the command", () =>
  withUser(async (user) => {
    const orders = [["--json", "list"], ["list", "--json"], [
      "--profile",
      "work",
      "--json",
      "list",
    ]];
    for (const args of orders) {
      assert.equal(JSON.parse(await user.succeed(args)).v, 1, args.join(" "));
    }
    const both = ["--profile", "one", "list", "--json", "--profile", "two"];
    assert.equal(JSON.parse(await user.succeed(both)).profile, "two");
  }));
