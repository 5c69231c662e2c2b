import assert from "node:assert/strict";
import { comparePatterns, matchHost } from "../../../lib/host_pattern.ts";
import { type HostAndPort, parseHostname } from "../../../lib/hostname.ts";
import {
  createRouteTable,
  type Route,
  type RouteScheme,
} from "../../../lib/proxy/decision/route.ts";
import { testRoute } from "../../support/proxy.ts";

const PATTERNS: readonly string[] = [
  "api.example.com",
  "https://api.example.com/v1",
  "https://api.example.com/v1/models",
  "api.example.com:8443",
  "*.example.com",
  "*.eu.example.com",
  "*.example.com:8443",
  "regex:^[a-z]+\\.example\\.com$",
  "regex:^(?:api|www)\\.example\\.com$",
  "regex:^[a-z]{2}-[0-9]\\.eu\\.example\\.com$",
  "regex:^example\\.com$",
  "example.com",
  "*.com.example",
  "http://127.0.0.1:9000",
  "127.0.0.1:9000",
  "[::1]:9000",
  "http://localhost:9000/v1",
];

const HOSTS: readonly string[] = [
  "example.com",
  "api.example.com",
  "www.example.com",
  "a.eu.example.com",
  "de-1.eu.example.com",
  "a.b.c.eu.example.com",
  "evilexample.com",
  "api.example.com.evil.example",
  "example.com.example",
  "com",
  "example",
  "127.0.0.1",
  "0.0.1.example.com",
  "[::1]",
  "localhost",
];

const ROUTES: readonly Route[] = PATTERNS.map((pattern) => testRoute(pattern));

/** The rule itself, one route after the other. */
function findOneByOne({ target, scheme }: { target: HostAndPort; scheme: RouteScheme }): Route[] {
  return [...ROUTES].sort((a, b) => comparePatterns(a.pattern, b.pattern)).filter(({ pattern }) =>
    (pattern.kind === "exact" ? pattern.scheme : "https") === scheme && matchHost(pattern, target)
  );
}

Deno.test("a table finds what every route, asked one by one, would answer", () => {
  const table = createRouteTable(ROUTES);
  let found = 0;
  for (const text of HOSTS) {
    for (const port of [443, 80, 8443, 9000]) {
      for (const scheme of ["https", "http"] as const) {
        const target = { host: parseHostname(text), port };
        const expected = findOneByOne({ target, scheme });
        const actual = table.find(target, scheme);
        assert.deepEqual(actual?.routes ?? [], expected, `${scheme} ${text}:${port}`);
        assert.equal(actual === undefined, expected.length === 0);
        found += expected.length;
      }
    }
  }
  assert.ok(found > PATTERNS.length);
});

Deno.test("a table of many routes costs no more per host than a table of few", () => {
  const host = parseHostname("api.nowhere.example");
  const visited: string[] = [];
  const routes = Array.from({ length: 1_000 }, (_, index) => {
    const route = testRoute(`api-${index}.example.com`);
    const pattern = new Proxy(route.pattern, {
      get: (target, key) => {
        visited.push(String(key));
        return Reflect.get(target, key);
      },
    });
    return { ...route, pattern };
  });
  const table = createRouteTable(routes);
  visited.length = 0;
  assert.equal(table.find({ host, port: 443 }, "https"), undefined);
  assert.deepEqual(visited, []);
});
