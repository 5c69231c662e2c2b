import assert from "node:assert/strict";
import { join } from "node:path";
import { headerOf, startApiOrigin } from "../support/api_origin.ts";
import { KEY, logIn, withUser } from "../support/authsome.ts";
import { nodeModulesWith, pythonWith } from "../support/client_tools.ts";
import { findProgram, runCommand } from "../support/command.ts";

const FIXTURES = join(import.meta.dirname ?? ".", "..", "fixtures", "clients");

const python = await pythonWith([
  ...["openai==1.109.1", "requests==2.32.5", "httpx==0.28.1", "websockets==15.0.1"],
]);
const modules = await nodeModulesWith(["node@24.10.0", "openai@6.8.1"]);
const go = findProgram("go");
const goProgram = go === undefined ? undefined : await buildGo(go);

async function buildGo(compiler: string): Promise<string | undefined> {
  const program = join(Deno.makeTempDirSync({ prefix: "authsome-go-" }), "net_http");
  const source = join(FIXTURES, "net_http.go");
  const { code } = await runCommand([compiler, "build", "-o", program, source]);
  return code === 0 ? program : undefined;
}

interface ClientCase {
  readonly name: string;
  /** Absent if it is not installed and cannot be. */
  readonly command: readonly string[] | undefined;
  /** What it prints if every request was answered. */
  readonly prints: string;
  readonly requests: number;
}

const DENO_SCRIPT = `const headers = { authorization: "Bearer " + Deno.env.get("OPENAI_API_KEY") };
const response = await fetch("https://api.openai.com/v1/models", { headers });
console.log("deno", response.status);`;

const CASES: readonly ClientCase[] = [
  {
    name: "curl",
    command: findProgram("curl") === undefined ? undefined : [
      ...["sh", "-c"],
      `curl -sS -o /dev/null -w 'curl %{http_code}\\n' https://api.openai.com/v1/models ` +
      `-H "Authorization: Bearer $OPENAI_API_KEY"`,
    ],
    prints: "curl 200\n",
    requests: 1,
  },
  {
    name: "Python urllib, requests and httpx",
    command: python === undefined ? undefined : [python, join(FIXTURES, "http_libraries.py")],
    prints: "urllib 200\nrequests 200\nhttpx 200\n",
    requests: 3,
  },
  {
    name: "the OpenAI Python SDK, plain and streamed",
    command: python === undefined ? undefined : [python, join(FIXTURES, "openai_sdk.py")],
    prints: "hello from the stand-in\nhello stream\n",
    requests: 2,
  },
  {
    name: "the OpenAI Python SDK in a Realtime session over WebSocket",
    command: python === undefined ? undefined : [python, join(FIXTURES, "openai_realtime.py")],
    prints: "realtime session.created\nheard turn one in 70009 characters\n" +
      "heard turn two in 70009 characters\n",
    requests: 1,
  },
  {
    name: "Node 24 fetch and the OpenAI Node SDK, plain and streamed",
    command: modules === undefined ? undefined : [
      join(modules, "node_modules", "node", "bin", "node"),
      join(FIXTURES, "openai_sdk.mjs"),
      modules,
    ],
    prints: "fetch 200\nhello from the stand-in\nhello stream\n",
    requests: 3,
  },
  {
    name: "Go net/http",
    command: goProgram === undefined ? undefined : [goProgram],
    prints: "go 200\n",
    requests: 1,
  },
  {
    name: "Deno fetch",
    command: [Deno.execPath(), "eval", DENO_SCRIPT],
    prints: "deno 200\n",
    requests: 1,
  },
];

for (const { name, command, prints, requests } of CASES) {
  Deno.test(`${name}: works with no set-up and gets the key injected`, {
    ignore: command === undefined,
  }, async () => {
    const api = await startApiOrigin();
    try {
      await withUser(async (user) => {
        await logIn(user);
        const { stdout, stderr } = await api.run(user, command ?? []);
        assert.equal(stdout, prints, stderr);
        assert.equal(api.requests.length, requests);
        for (const head of api.requests) {
          assert.equal(headerOf(head, "authorization"), `Bearer ${KEY}`);
          assert.equal(headerOf(head, "proxy-authorization"), undefined);
        }
      });
    } finally {
      await api.close();
    }
  });
}
