import assert from "node:assert/strict";
import { join } from "node:path";
import { headerOf, withApi } from "../support/api_origin.ts";
import { KEY } from "../support/authsome.ts";
import { FIXTURES, KITS, NODE_VERSIONS } from "../clients/kits.ts";
import { openKit, pythonOf } from "../support/client_tools.ts";
import { findProgram } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";

/** `deno task clients` installs them. */
const python = await openKit(KITS.python(), "skip");
const modules = await openKit(KITS.node(), "skip");
const API = "https://api.openai.com/v1";

/** Nothing that would lead a program through the proxy, or make it trust it. */
const WITHOUT_PROXY = [
  ...["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NODE_USE_ENV_PROXY"],
  ...["NODE_OPTIONS", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"],
].flatMap((name) => ["-u", name]);

interface Case {
  readonly name: string;
  /** Absent if it is not installed and cannot be. */
  readonly command: readonly string[] | undefined;
  readonly prints: string;
  readonly paths: readonly string[];
}

const CHATS = ["/v1/chat/completions", "/v1/chat/completions"];

const CASES: readonly Case[] = [
  {
    name: "curl",
    command: findProgram("curl") === undefined
      ? undefined
      : ["sh", "-c", `curl -sS "$OPENAI_BASE_URL/models?secret=1"`],
    prints: '{"method":"GET","path":"/v1/models?secret=1"}',
    paths: ["/v1/models"],
  },
  {
    name: "the OpenAI Python SDK, plain and streamed,",
    command: python === undefined
      ? undefined
      : [pythonOf(python), join(FIXTURES, "python", "sdk.py"), "openai", API],
    prints: "hello from the stand-in\nhello stream\n",
    paths: CHATS,
  },
  {
    name: "the OpenAI Node SDK, plain and streamed,",
    command: modules === undefined ? undefined : [
      join(modules, "node_modules", `node-${NODE_VERSIONS[0]}`, "bin", "node"),
      join(FIXTURES, "node", "sdk.mjs"),
      ...["openai", modules, API],
    ],
    prints: "hello from the stand-in\nhello stream\n",
    paths: CHATS,
  },
];

for (const { name, command, prints, paths } of CASES) {
  const lacking = command === undefined || findProgram("env") === undefined;
  Deno.test(
    `${name} works by its base URL alone with --base-url-mode${lacking ? " (not installed)" : ""}`,
    {
      ignore: lacking,
    },
    () =>
      withApi(async (user, api) => {
        const child = ["env", ...WITHOUT_PROXY, ...command ?? []];
        const { stdout, stderr } = await api.run(user, child, ["--base-url-mode"]);
        assert.equal(stdout, prints, stderr);
        for (const head of api.requests) {
          assert.equal(headerOf(head, "authorization"), `Bearer ${KEY}`);
          assert.equal(headerOf(head, "host"), "api.openai.com");
          assert.ok(!head.includes("127.0.0.1"), head);
        }
        const { events } = (await user.json(["log"])).document;
        const requests = (events as readonly Readonly<Record<string, unknown>>[])
          .filter(({ event }) => event === "request");
        assert.deepEqual(
          requests.map(({ host, path, status, connection }) => [host, path, status, connection]),
          paths.map((path) => ["api.openai.com", path, 200, "default"]),
        );
      }),
  );
}

const print = ["sh", "-c", 'echo "$OPENAI_BASE_URL"'];

testNeeding("sh")(
  "base URLs are set with --base-url-mode only, by a token of their own",
  () =>
    withApi(async (user, api) => {
      assert.equal((await api.run(user, print)).stdout, "\n");
      const both = ["sh", "-c", 'echo "$OPENAI_BASE_URL $HTTPS_PROXY"'];
      const { stdout, stderr } = await api.run(user, both, ["--base-url-mode"]);
      const [, token, proxyToken] =
        /^http:\/\/127\.0\.0\.1:\d+\/([\w-]{32})\/api\.openai\.com\/v1 http:\/\/authsome:(.*)@/
          .exec(stdout) ?? [];
      assert.ok(token !== undefined, stdout);
      assert.notEqual(token, proxyToken);
      assert.equal(stderr, "");
    }),
);

testNeeding("sh")(
  "a base URL of the parent's own that leads elsewhere is left alone",
  () =>
    withApi(async (user, api) => {
      const env = { OPENAI_BASE_URL: "https://gateway.example/v1", OPENAI_API_BASE: "" };
      const args = ["run", ...api.flags(user), "--base-url-mode", "--", ...print];
      const elsewhere = await user.authsome(args, { env });
      assert.equal(elsewhere.stdout, "https://gateway.example/v1\n");
      assert.match(elsewhere.stderr, /OPENAI_BASE_URL stays as it is/);
      const here = await user.authsome(args, {
        env: { OPENAI_BASE_URL: "https://api.openai.com/v2/" },
      });
      assert.match(here.stdout, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/api\.openai\.com\/v2\/\n$/);
    }),
);

testNeeding("curl")("a policy counts below a base URL, too", () =>
  withApi(async (user, api) => {
    const post = [
      "sh",
      "-c",
      `curl -s -o /dev/null -w '%{http_code}' -d x "$OPENAI_BASE_URL/files"`,
    ];
    const { stdout, stderr } = await api.run(user, post, ["--base-url-mode", "--read-only=openai"]);
    assert.equal(stdout, "403", stderr);
    assert.deepEqual(api.requests, []);
  }));
