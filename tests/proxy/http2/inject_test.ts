import assert from "node:assert/strict";
import type { FieldInjection } from "../../../lib/injection.ts";
import { injectFields, withoutProxyFields } from "../../../lib/proxy/http2/inject.ts";
import { Secret } from "../../../lib/secret.ts";
import { fieldsOf, get, type Headers } from "../../support/h2.ts";

const HEADER: FieldInjection = {
  kind: "header",
  name: "X-Api-Key",
  value: new Secret("k3y"),
  secret: new Secret("k3y"),
  extraHeaders: [{ name: "X-Version", value: "2" }],
};

const QUERY: FieldInjection = {
  kind: "query",
  name: "key",
  value: new Secret("k=3&y"),
  secret: new Secret("k=3&y"),
  extraHeaders: [],
};

/** The edited list, a `*` before each name that is never indexed. */
function inject(headers: Headers, injection: FieldInjection): string[] {
  return injectFields(fieldsOf(headers), injection)
    .map(({ name, value, neverIndexed }) => `${neverIndexed ? "*" : ""}${name}: ${value}`);
}

Deno.test("injectFields() puts a credential where the client had one", () => {
  const headers: Headers = [["a", "1"], ["x-api-key", "none"], ["b", "2"], ["x-api-key", "again"]];
  assert.deepEqual(inject(headers, HEADER), ["a: 1", "*x-api-key: k3y", "b: 2", "x-version: 2"]);
});

Deno.test("injectFields() puts a credential last where the client had none", () => {
  const headers: Headers = [["x-version", "1"], ["a", "1"]];
  assert.deepEqual(inject(headers, HEADER), ["x-version: 2", "a: 1", "*x-api-key: k3y"]);
});

Deno.test("injectFields() edits the query and nothing else of the target", () => {
  const headers = get("/v1/%7e?a=1&key=none&%6bey=x&b");
  const edited = inject(headers, QUERY);
  assert.deepEqual(edited.filter((line) => line.includes(":path")), [
    "*:path: /v1/%7e?a=1&b&key=k%3D3%26y",
  ]);
  assert.equal(edited.length, headers.length);
});

Deno.test("no request keeps what was meant for the proxy", () => {
  const headers: Headers = [["proxy-authorization", "Basic x"], ["a", "1"]];
  assert.deepEqual(withoutProxyFields(fieldsOf(headers)).map(({ name }) => name), ["a"]);
  for (const injection of [HEADER, QUERY]) {
    assert.equal(inject(headers, injection).join().includes("proxy-authorization"), false);
  }
});

Deno.test("injectFields() encodes text as UTF-8, one character a byte", () => {
  const injection = { ...HEADER, value: new Secret("käse"), extraHeaders: [] };
  assert.deepEqual(inject([], injection), ["*x-api-key: k\xc3\xa4se"]);
});

Deno.test("injectFields() refuses a credential that is not one line", () => {
  for (const text of ["a\nb", "a\rb", "a\0b"]) {
    assert.throws(() => inject([], { ...HEADER, value: new Secret(text) }), TypeError);
  }
});
