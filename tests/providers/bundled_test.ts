import assert from "node:assert/strict";
import { getDomain } from "tldts";
import type { AccessKey } from "../../lib/access_key.ts";
import { resolveApiUrls } from "../../lib/base_url.ts";
import { parseDefinition } from "../../lib/definition.ts";
import { AuthsomeError } from "../../lib/errors.ts";
import { constraintOf, matchHost, matchPath, parseHostPattern } from "../../lib/host_pattern.ts";
import type { HostPattern } from "../../lib/host_pattern.ts";
import { isLoopback, parseHostname } from "../../lib/hostname.ts";
import { createInjection, type Injection } from "../../lib/injection.ts";
import { createRegistry } from "../../lib/registry.ts";
import { Secret } from "../../lib/secret.ts";
import { deriveSigningKey, formatScope, signedNames, signRequest } from "../../lib/sigv4.ts";
import { formatPage, formatTable, readDefinitions } from "../../providers/generate.ts";
import { BUNDLED } from "../../providers/mod.ts";
import { SECOND_DOMAINS, SHARED_HOSTS, SHARED_VARIABLES } from "../fixtures/catalogue.ts";

/** One request as the vendor documents it: `tests/fixtures/requests/<name>.json`. */
interface DocumentedRequest {
  /** A sample with the shape of a real credential. */
  readonly credential: string;
  /** An endpoint of the vendor's documentation. */
  readonly url: string;
  /** What must be in the request besides what the client sends. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Further hosts and endpoints that get the same credential. */
  readonly also?: readonly string[];
  /** Of an installation, for definitions that need one. */
  readonly base_url?: string;
  /** What a signature covers, where the vendor wants one, and for when, where and what it is good. */
  readonly signed?: Readonly<Record<string, string>>;
  readonly scope?: string;
}

const ROOT = new URL("../../", import.meta.url);
const DEFINITIONS = readDefinitions();

function readText(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

const CASES = DEFINITIONS.map(({ name, json }) => {
  const provider = parseDefinition(json, `providers/${name}.json`);
  const request: DocumentedRequest = JSON.parse(readText(`tests/fixtures/requests/${name}.json`));
  const patterns = resolveApiUrls(provider, request.base_url).map(parseHostPattern);
  return { name, json, provider, request, patterns };
});

function covers(patterns: readonly HostPattern[], url: URL): boolean {
  const host = parseHostname(url.hostname);
  const target = { host, port: Number(url.port || 443) };
  const path = url.pathname + url.search;
  return patterns.some((pattern) => matchHost(pattern, target) && matchPath(pattern, path));
}

/** What an injection makes of a request. */
function injectedFields(
  injection: Injection,
  request: DocumentedRequest,
): { header?: readonly [string, string][]; query?: Record<string, string> } {
  switch (injection.kind) {
    case "header":
      return { header: [[injection.name, injection.value.reveal()]] };
    case "query":
      return { query: { [injection.name]: injection.value.reveal() } };
    case "sigv4":
      return { header: [["Authorization", signDocumented(injection.key, request)]] };
    default:
      return injection satisfies never;
  }
}

function signDocumented(key: AccessKey, request: DocumentedRequest): string {
  const [date = "", region = "", service = ""] = request.scope?.split("/") ?? [];
  const scope = { date, region, service };
  const headers = Object.entries(request.signed ?? {}).map(([name, value]) => ({ name, value }));
  const valueOf = (name: string): string =>
    headers.find((field) => field.name === name)?.value ?? "";
  const { pathname, search } = new URL(request.url);
  const payloadHash = valueOf("x-amz-content-sha256");
  const signature = signRequest(
    { method: "GET", target: pathname + search, headers, payloadHash },
    { time: valueOf("x-amz-date"), scope, key: deriveSigningKey(key.secret, scope) },
  );
  return `AWS4-HMAC-SHA256 Credential=${key.id}/${formatScope(scope)}, ` +
    `SignedHeaders=${signedNames(headers)}, Signature=${signature}`;
}

/** Hosts that look like `host` and are not. */
function attacksOn(host: string): readonly string[] {
  return [
    `evil${host}`,
    `evil-${host}`,
    `${host}.attacker.example`,
    `${host}-attacker.example`,
    `${host}.`,
    `${host}..`,
    `.${host}`,
    `${host}\0.attacker.example`,
    `${host}@attacker.example`,
    host.replaceAll(".", "-"),
    host.replaceAll(".", "x"),
    host.replace(/\.([^.]+)$/, "x$1"),
    host.replace(/\.([^.]+)\.([^.]+)$/, ".evil$1.$2"),
    host.replace(/\.([^.]+)\.([^.]+)$/, ".$1-evil.$2"),
    host.replace(/\.([^.]+)$/, ".attacker.$1"),
    host.replace(/[aeiou]/, "\u0430"),
    host.replace(/\.([^.]+)\.([^.]+)$/, ".xn--$1-9za.$2"),
    `attacker.example/${host}`,
  ];
}

function matchesText(pattern: HostPattern, host: string, port: number): boolean {
  try {
    return matchHost(pattern, { host: parseHostname(host), port });
  } catch (error) {
    assert.ok(error instanceof AuthsomeError);
    return false;
  }
}

for (const { name, json, provider, request, patterns } of CASES) {
  const url = new URL(request.url);
  const real = [url, ...(request.also ?? []).map((text) => new URL(text))];

  Deno.test(`${name} is written as inspect prints it`, () => {
    assert.equal(readText(`providers/${name}.json`), `${JSON.stringify(json, null, 2)}\n`);
    assert.equal(provider.name, name);
    assert.equal(json.$schema, "../docs/provider.schema.json");
    assert.ok(provider.docs?.startsWith("https://"), "has a documentation link");
    assert.ok(provider.exports.length > 0, "exports a variable");
  });

  Deno.test(`${name} reaches its real hosts over TLS`, () => {
    const bases = provider.baseUrls.map(({ url }) => new URL(url));
    for (const endpoint of [...real, ...bases]) {
      assert.ok(covers(patterns, endpoint), endpoint.href);
    }
    for (const pattern of patterns) {
      assert.ok(!isLoopback(constraintOf(pattern)));
      assert.ok(pattern.kind !== "exact" || pattern.scheme === "https");
    }
  });

  Deno.test(`${name} stays inside its vendor's domain`, () => {
    const domains = new Set(patterns.map((pattern) => getDomain(constraintOf(pattern))));
    const [first] = domains;
    assert.ok(first !== null && first !== undefined, "is under a public suffix");
    assert.deepEqual([...domains].slice(1), SECOND_DOMAINS[name] ?? []);
  });

  Deno.test(`${name} matches no host that only looks like its own`, () => {
    for (const { hostname } of real) {
      const own = getDomain(hostname);
      for (const attack of attacksOn(hostname)) {
        const caught = patterns.some((pattern) => matchesText(pattern, attack, 443));
        assert.ok(!caught || getDomain(attack) === own, attack);
      }
      for (const port of [80, 8443]) {
        assert.ok(!patterns.some((pattern) => matchesText(pattern, hostname, port)), `:${port}`);
      }
      assert.ok(patterns.some((pattern) => matchesText(pattern, hostname.toUpperCase(), 443)));
    }
  });

  Deno.test(`${name} puts the credential where the vendor documents it`, () => {
    const injection = createInjection(provider, new Secret(request.credential));
    const extra = injection.extraHeaders.map((field) => [field.name, field.value]);
    const { header = [], query = {} } = injectedFields(injection, request);
    assert.deepEqual(Object.fromEntries([...header, ...extra]), request.headers ?? {});
    assert.deepEqual(query, request.query ?? {});
  });

  const { keyPattern, keyPatternHint } = provider.apiKey;
  if (keyPattern !== undefined) {
    Deno.test(`${name} knows a whole key from a truncated one`, () => {
      assert.ok(keyPattern.test(request.credential));
      assert.ok(!keyPattern.test(request.credential.slice(0, 8)));
      assert.ok(!keyPattern.test(`${request.credential} `));
      assert.ok(!keyPattern.test(`x${request.credential}`));
      assert.ok(keyPatternHint !== undefined, "has a hint");
    });
  }
}

Deno.test("every documented request belongs to a definition", () => {
  const files = [...Deno.readDirSync(new URL("tests/fixtures/requests/", ROOT))];
  assert.deepEqual(
    files.map((file) => file.name).sort(),
    DEFINITIONS.map(({ name }) => `${name}.json`).sort(),
  );
});

Deno.test("no two providers claim one variable unless they are declared to share it", () => {
  const owners = Map.groupBy(
    CASES.flatMap(({ name, provider }) => {
      const variables = provider.exports.flatMap((entry) => entry.variables);
      return [...new Set(variables)].map((variable) => ({ variable, name }));
    }),
    ({ variable }) => variable,
  );
  const shared = [...owners].filter(([, claims]) => claims.length > 1)
    .map(([variable, claims]) => [variable, claims.map(({ name }) => name).sort()]);
  assert.deepEqual(Object.fromEntries(shared), SHARED_VARIABLES);
});

Deno.test("no two providers claim one host and path unless they are declared to share it", () => {
  const claims = CASES.flatMap(({ name, provider }) =>
    provider.apiUrls.filter((text) => !text.includes("{base_url}")).map((text) => ({ text, name }))
  );
  const shared = [...Map.groupBy(claims, ({ text }) => text)]
    .filter(([, owners]) => owners.length > 1)
    .map(([text, owners]) => [text, owners.map(({ name }) => name).sort()]);
  assert.deepEqual(Object.fromEntries(shared), SHARED_HOSTS);
});

Deno.test("the table in mod.ts and docs/providers.md are up to date (deno task providers)", () => {
  assert.equal(readText("providers/mod.ts"), formatTable(DEFINITIONS));
  assert.equal(readText("docs/providers.md"), formatPage(DEFINITIONS));
});

Deno.test("the compiled table gives the definitions of the files, without $schema", () => {
  const registry = createRegistry({ bundled: BUNDLED, custom: [] });
  for (const { name, json, provider } of CASES) {
    const { $schema: _editorsOnly, ...expected } = json;
    const entry = registry.entry(name);
    assert.equal(JSON.stringify(entry?.definition), JSON.stringify(expected));
    assert.deepEqual(entry?.provider, provider);
  }
  assert.equal(registry.entries().length, CASES.length);
});

Deno.test("what inspect prints of a definition can be used as an override file", () => {
  const registry = createRegistry({ bundled: BUNDLED, custom: [] });
  for (const { name, definition, provider } of registry.entries()) {
    const text = `${JSON.stringify(definition, null, 2)}\n`;
    const custom = [{ path: `providers/${name}.json`, name, text }];
    assert.deepEqual(createRegistry({ bundled: BUNDLED, custom }).get(name), provider);
  }
});
