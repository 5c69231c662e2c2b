import assert from "node:assert/strict";
import { join } from "node:path";
import { formatNodePreload } from "../../lib/ca/node_preload.ts";
import { addHeaders } from "../../lib/ca/node_preload/dispatcher.ts";
import { chooseProxy, readProxySettings } from "../../lib/ca/node_preload/route.ts";
import { type CommandResult, findProgram, runCommand } from "../support/command.ts";

const ENV = {
  https_proxy: "http://authsome:t%20k@127.0.0.1:4321",
  HTTP_PROXY: "http://127.0.0.1:4322",
  no_proxy: "localhost,127.0.0.1,::1,.corp.example,*.lab.example,exact.example:8443",
};

/** `direct`, or the port of the proxy. */
function routeOf(url: string, env: Readonly<Record<string, string>> = ENV): string {
  const settings = readProxySettings(env);
  assert.ok(settings !== undefined);
  const { protocol, hostname: host, port } = new URL(url);
  const target = { protocol, host, port: Number(port || (protocol === "https:" ? 443 : 80)) };
  return String(chooseProxy(settings, target)?.port ?? "direct");
}

const ROUTES: readonly (readonly [string, string])[] = [
  ["https://api.example.com", "4321"],
  ["http://api.example.com", "4322"],
  ["https://localhost", "direct"],
  ["https://sub.localhost", "direct"],
  ["https://127.0.0.1", "direct"],
  ["https://127.0.0.2", "4321"],
  ["https://[::1]", "direct"],
  ["https://[::2]", "4321"],
  ["https://corp.example", "direct"],
  ["https://git.corp.example", "direct"],
  ["https://notcorp.example", "4321"],
  ["https://git.lab.example", "direct"],
  ["https://exact.example", "4321"],
  ["https://exact.example:8443", "direct"],
];

for (const [url, expected] of ROUTES) {
  Deno.test(`the preload sends ${url} to ${expected}`, () => assert.equal(routeOf(url), expected));
}

Deno.test("the preload never sends what goes to the proxy through the proxy", () => {
  const env = { HTTPS_PROXY: "http://127.0.0.1:1", HTTP_PROXY: "http://127.0.0.1:1" };
  assert.equal(routeOf("http://127.0.0.1:1", env), "direct");
  assert.equal(routeOf("http://127.0.0.1:2", env), "1");
});

Deno.test("the preload sends everything directly where NO_PROXY says so", () =>
  assert.equal(routeOf("https://api.example.com", { ...ENV, no_proxy: "*" }), "direct"));

Deno.test("the preload knows the token of the proxy's URL and no other kind of proxy", () => {
  const { https } = readProxySettings(ENV) ?? {};
  assert.equal(https?.authorization, `Basic ${btoa("authsome:t k")}`);
  assert.equal(readProxySettings({}), undefined);
  assert.equal(readProxySettings({ HTTPS_PROXY: "socks5://127.0.0.1:1" }), undefined);
  assert.equal(readProxySettings({ HTTPS_PROXY: "not a url" }), undefined);
});

Deno.test("addHeaders() reads every form that undici takes, and keeps a Host of the caller", () => {
  const added = { host: "a", "x-added": "1" };
  for (const headers of [["x", "y"], { x: "y" }, new Map([["x", "y"]])]) {
    assert.deepEqual(addHeaders(headers, added), ["x", "y", "host", "a", "x-added", "1"]);
  }
  assert.deepEqual(addHeaders(undefined, added), ["host", "a", "x-added", "1"]);
  assert.deepEqual(addHeaders({ Host: "b" }, { host: "a" }), ["Host", "b"]);
});

const NODES = [
  findProgram("node") ?? "",
  ...(Deno.env.get("AUTHSOME_TEST_NODES") ?? "").split(","),
].filter((path) => path !== "");

/** Runs a program with the preload; gives the heads that a stand-in for the proxy received. */
async function runBehind(
  node: string,
  code: string,
  answer: string,
): Promise<{ readonly result: CommandResult; readonly heads: readonly string[] }> {
  const folder = Deno.makeTempDirSync();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const heads: string[] = [];
  const serve = async (connection: Deno.Conn): Promise<void> => {
    const buffer = new Uint8Array(65_536);
    const length = await connection.read(buffer);
    heads.push(new TextDecoder().decode(buffer.subarray(0, length ?? 0)));
    await connection.write(new TextEncoder().encode(answer));
    connection.close();
  };
  const accepting = (async () => {
    for await (const connection of listener) await serve(connection).catch(() => {});
  })();
  try {
    const preload = join(folder, "with space.cjs");
    Deno.writeTextFileSync(preload, formatNodePreload());
    const proxy = `http://authsome:token@127.0.0.1:${listener.addr.port}`;
    const env = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: "1" };
    const options = { NODE_OPTIONS: `--require "${preload}"` };
    const result = await runCommand([node, "-e", code], { env: { ...env, ...options } });
    return { result, heads };
  } finally {
    listener.close();
    await accepting;
    Deno.removeSync(folder, { recursive: true });
  }
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
const HTTP_PROGRAMS: Readonly<Record<string, string>> = {
  "http.get":
    `require("http").get("http://api.example.com:81/x?y=1", (r) => r.pipe(process.stdout))`,
  "http.request with a list of headers": `require("http").request({ host: "api.example.com",
    port: 81, path: "/x?y=1", headers: ["Host", "api.example.com:81", "A", "b"] },
    (r) => r.pipe(process.stdout)).end()`,
  fetch: `fetch("http://api.example.com:81/x?y=1").then((r) => r.text())
    .then((t) => process.stdout.write(t))`,
};

for (const node of NODES) {
  const { stdout: version } = await runCommand([node, "--version"]);
  const old = /^v(18|20|22\.([0-9]|1[0-9]|20))\./.test(version);

  for (const [name, code] of Object.entries(HTTP_PROGRAMS)) {
    Deno.test({
      name: `Node ${version.trim()}: ${name} sends plain http in absolute form, with the token`,
      ignore: !old,
      fn: async () => {
        const { result, heads } = await runBehind(node, code, OK);
        assert.equal(result.stdout, "ok", result.stderr);
        const [head = ""] = heads;
        assert.match(head, /^GET http:\/\/api\.example\.com:81\/x\?y=1 HTTP\/1\.1\r\n/);
        assert.match(head, /\r\nhost: api\.example\.com:81\r\n/i);
        assert.ok(head.toLowerCase().includes(`\r\nproxy-authorization: basic `));
        assert.ok(head.includes(btoa("authsome:token")));
      },
    });
  }

  for (const name of ["https.get", "fetch"]) {
    Deno.test({
      name: `Node ${version.trim()}: ${name} reports a proxy that refuses`,
      ignore: !old,
      fn: async () => {
        const show = `(e) => console.log(String(e.cause ?? e))`;
        const code = name === "fetch"
          ? `fetch("https://api.example.com/").catch(${show})`
          : `require("https").get("https://api.example.com/").on("error", ${show})`;
        const refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
        const { result, heads } = await runBehind(node, code, refusal);
        assert.match(result.stdout, /The proxy answered 'HTTP\/1\.1 403 Forbidden'/, result.stderr);
        assert.match(heads[0] ?? "", /^CONNECT api\.example\.com:443 HTTP\/1\.1\r\n/);
      },
    });
  }

  Deno.test(`Node ${version.trim()}: undici 8 is led to the proxy, and leads nobody away`, async () => {
    // What it does on loading; see its lib/global.js.
    const code = `class Agent { dispatch() {} }
      const [older, newer] = [1, 2].map((n) => Symbol.for("undici.globalDispatcher." + n));
      const before = Object.defineProperty;
      if (globalThis[newer] === undefined) {
        const options = { writable: true, enumerable: false, configurable: false };
        Object.defineProperty(globalThis, newer, { value: new Agent(), ...options });
        Object.defineProperty(globalThis, older, { value: new Agent(), ...options });
      }
      console.log(globalThis[newer].constructor !== Agent, Object.defineProperty === before);
      fetch("https://api.example.com/").catch(() => {});`;
    const { result, heads } = await runBehind(node, code, OK);
    assert.equal(result.stdout, "true true\n", result.stderr);
    assert.match(heads[0] ?? "", /^CONNECT api\.example\.com:443 HTTP\/1\.1\r\n/);
  });

  Deno.test(`Node ${version.trim()}: the preload does not load undici or speak`, async () => {
    const code = `const found = Object.getOwnPropertyDescriptor(globalThis,
      Symbol.for("undici.globalDispatcher.1"));
      console.log(found === undefined || found.get !== undefined);`;
    const { result } = await runBehind(node, code, OK);
    if (old) assert.deepEqual(result, { code: 0, stdout: "true\n", stderr: "" });
    else assert.equal(result.stderr, "");
  });
}
