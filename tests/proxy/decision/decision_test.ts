import assert from "node:assert/strict";
import { type HostAndPort, parseHostname } from "../../../lib/hostname.ts";
import {
  decideConnect,
  decideRequest,
  type InterceptedConnection,
} from "../../../lib/proxy/decision/decision.ts";
import { createRouteTable, type RouteScheme } from "../../../lib/proxy/decision/route.ts";
import { parseAuthority, parseTarget } from "../../../lib/proxy/decision/target.ts";
import { testRoute } from "../../support/proxy.ts";

function target(text: string): HostAndPort {
  const match = /^(.*):(\d+)$/.exec(text)!;
  return { host: parseHostname(match[1]!), port: Number(match[2]) };
}

function connection(
  options: { urls?: string[]; to?: string; serverName?: string; scheme?: RouteScheme } = {},
): InterceptedConnection {
  const table = createRouteTable(
    (options.urls ?? ["api.example.com"]).map((url) => testRoute(url)),
  );
  const to = target(options.to ?? "api.example.com:443");
  const routes = table.find(to, options.scheme ?? "https");
  assert.ok(routes, "the test's host has no route");
  return { target: to, routes, serverName: options.serverName };
}

interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly hosts?: string[];
}

function decide(request: Request, to: InterceptedConnection): string {
  const parsed = parseTarget(request.path ?? "/v1");
  assert.ok(parsed, "the test's target is malformed");
  const { method = "GET", hosts = ["api.example.com"] } = request;
  const decision = decideRequest({ method, target: parsed, authorities: hosts }, to);
  return decision.kind === "refuse" ? String(decision.refusal.status) : decision.kind;
}

const HOSTS: readonly [hosts: string[], decision: string][] = [
  [["api.example.com"], "inject"],
  [["API.Example.COM"], "inject"],
  [["api.example.com:443"], "inject"],
  [["api.example.com", "api.example.com:443"], "inject"],
  [[], "421"],
  [[""], "421"],
  [["attacker.example"], "421"],
  [["api.example.com", "attacker.example"], "421"],
  [["api.example.com:8443"], "421"],
  [["api.example.com:80"], "421"],
  [["api.example.com."], "421"],
  [["api.example.com:"], "421"],
  [["api.example.com:0443x"], "421"],
  [["api.example.com,attacker.example"], "421"],
  [["api.example.com attacker.example"], "421"],
  [["user@api.example.com"], "421"],
  [["api.example.com@attacker.example"], "421"],
  [["api.example.com/"], "421"],
  [["api%2eexample.com"], "421"],
  [["ap\u00ec.example.com"], "421"],
];

for (const [hosts, decision] of HOSTS) {
  Deno.test(`a request with Host ${JSON.stringify(hosts)} is decided: ${decision}`, () => {
    assert.equal(decide({ hosts }, connection()), decision);
  });
}

const SERVER_NAMES: readonly [serverName: string | undefined, decision: string][] = [
  [undefined, "inject"],
  ["api.example.com", "inject"],
  ["Api.Example.Com", "inject"],
  ["attacker.example", "421"],
  ["api.example.com.", "421"],
  ["example.com", "421"],
  ["", "421"],
];

for (const [serverName, decision] of SERVER_NAMES) {
  Deno.test(`a request after the TLS server name ${serverName} is decided: ${decision}`, () => {
    const to = { ...connection(), serverName };
    assert.equal(decide({}, to), decision);
  });
}

const TARGETS: readonly [path: string, decision: string][] = [
  ["https://api.example.com/v1", "inject"],
  ["https://API.example.com:443/v1?x", "inject"],
  ["https://api.example.com", "inject"],
  ["http://api.example.com/v1", "421"],
  ["https://api.example.com:8443/v1", "421"],
  ["https://attacker.example/v1", "421"],
];

for (const [path, decision] of TARGETS) {
  Deno.test(`a request for ${path} is decided: ${decision}`, () => {
    assert.equal(decide({ path }, connection()), decision);
  });
}

Deno.test("a port in CONNECT is wanted in Host", () => {
  const to = connection({ urls: ["api.example.com:8443"], to: "api.example.com:8443" });
  assert.equal(decide({ hosts: ["api.example.com:8443"] }, to), "inject");
  assert.equal(decide({ hosts: ["api.example.com"] }, to), "421");
});

Deno.test("an IPv6 host is compared in its one spelling", () => {
  const to = connection({ urls: ["[::1]:8443"], to: "[::1]:8443" });
  assert.equal(decide({ hosts: ["[0:0::1]:8443"] }, to), "inject");
  assert.equal(decide({ hosts: ["[::2]:8443"] }, to), "421");
});

Deno.test("TRACE is refused, as it would send the credential back", () => {
  for (const method of ["TRACE", "Trace", "trace"]) {
    assert.equal(decide({ method }, connection()), "501");
  }
});

const CLAIMS: readonly [name: string, urls: [string, string], decision: string][] = [
  [
    "regular expressions that overlap",
    ["regex:^a[pi]*\\.example\\.com$", "regex:^[ap]*i\\.example\\.com$"],
    "502",
  ],
  ["a wildcard", ["regex:^[a-z]+\\.example\\.com$", "*.example.com"], "inject"],
  ["paths of one length", ["https://api.example.com/v1", "https://api.example.com/v2"], "inject"],
];

for (const [name, urls, expected] of CLAIMS) {
  Deno.test(`a host that a rival claims by ${name} is decided: ${expected}`, () => {
    const to = target("api.example.com:443");
    const request = { method: "GET", target: parseTarget("/v1")!, authorities: [to.host] };
    for (const order of [urls, urls.toReversed()]) {
      const claims = order.map((url, index) => testRoute(url, undefined, `p${index}`));
      const routes = createRouteTable(claims).find(to, "https")!;
      const decision = decideRequest(request, { target: to, routes, serverName: undefined });
      if (decision.kind !== "refuse") {
        assert.equal(decision.kind, expected);
        continue;
      }
      assert.equal(String(decision.refusal.status), expected);
      assert.match(decision.refusal.message, /^p0 and p1 both claim api\.example\.com:443/);
    }
    const ownRoutes = urls.map((url) => testRoute(url));
    const own = createRouteTable(ownRoutes).find(to, "https")!;
    const decision = decideRequest(request, { target: to, routes: own, serverName: undefined });
    assert.equal(decision.kind, "inject");
  });
}

const PATHS: readonly [path: string, withRules: string, without: string][] = [
  ["/v1", "inject", "inject"],
  ["/v1/models?x=%2f..", "inject", "inject"],
  ["/v1x", "relay", "inject"],
  ["/other", "relay", "inject"],
  ["/", "relay", "inject"],
  ["https://api.example.com/v1/x", "inject", "inject"],
  ["/V1/x", "relay", "inject"],
  ["/%76%31/x", "relay", "inject"],
  ["/v1/../other", "400", "inject"],
  ["/other/../v1", "400", "inject"],
  ["/other/..", "400", "inject"],
  ["/./v1", "400", "inject"],
  ["/v1/.", "400", "inject"],
  ["/other/..;/v1", "400", "inject"],
  ["/v1/...", "inject", "inject"],
  ["/v1%2fx", "400", "inject"],
  ["/v1%2Fx", "400", "inject"],
  ["/other/%2e%2e/v1", "400", "inject"],
  ["/other/%2E./v1", "400", "inject"],
  ["/v1\\x", "400", "inject"],
  ["/v1%5cx", "400", "inject"],
  ["/v1%00", "400", "inject"],
  ["/v1/caf\u00e9", "400", "inject"],
];

for (const [path, withRules, without] of PATHS) {
  Deno.test(`${path} is decided ${withRules} with a path rule and ${without} without`, () => {
    assert.equal(decide({ path }, connection({ urls: ["https://api.example.com/v1"] })), withRules);
    assert.equal(decide({ path }, connection()), without);
  });
}

Deno.test("the longest path prefix decides, and an exact host comes before a wildcard", () => {
  const route = (url: string, provider: string): ReturnType<typeof testRoute> =>
    testRoute(url, undefined, provider);
  const table = createRouteTable([
    route("*.example.com", "wildcard"),
    route("https://api.example.com/v1", "short"),
    route("https://api.example.com/v1/admin", "long"),
  ]);
  const to = target("api.example.com:443");
  const routes = table.find(to, "https")!;
  const providerOf = (path: string): string => {
    const subject = { method: "GET", target: parseTarget(path)!, authorities: ["api.example.com"] };
    const decision = decideRequest(subject, { target: to, routes, serverName: undefined });
    return decision.kind === "inject" ? decision.route.provider : decision.kind;
  };
  assert.equal(providerOf("/v1/admin/keys"), "long");
  assert.equal(providerOf("/v1/other"), "short");
  assert.equal(providerOf("/other"), "wildcard");
});

Deno.test("decideConnect() intercepts routed hosts and tunnels the others", () => {
  const table = createRouteTable([
    testRoute("api.example.com"),
    testRoute("http://localhost:8080"),
  ]);
  const kind = (text: string, onlyRouted = false): string =>
    decideConnect(target(text), { table, onlyRouted }).kind;
  assert.equal(kind("api.example.com:443"), "intercept");
  assert.equal(kind("localhost:8080"), "intercept");
  assert.equal(kind("api.example.com:444"), "tunnel");
  assert.equal(kind("example.com:443"), "tunnel");
  assert.equal(kind("xapi.example.com:443"), "tunnel");
  assert.equal(kind("example.com:443", true), "refuse");
  assert.equal(kind("api.example.com:443", true), "intercept");
});

Deno.test("parseAuthority() reads one plain host and nothing else", () => {
  const read = (text: string): string => {
    const parsed = parseAuthority(text);
    return parsed === undefined ? "no" : `${parsed.host} ${parsed.port}`;
  };
  assert.equal(read("A.b:443"), "a.b 443");
  assert.equal(read("[::1]:443"), "::1 443");
  const malformed = ["a.b", "a.b:", "a.b:0", "a.b:65536", "a.b:1x", "a b:1", "a@b:1", "::1:443"];
  const alsoMalformed = ["0x7f.1:443", "2130706433:443", "127.1:443", "a..b:1", "a.b.:443", ":443"];
  for (const text of [...malformed, ...alsoMalformed]) assert.equal(read(text), "no", text);
});
