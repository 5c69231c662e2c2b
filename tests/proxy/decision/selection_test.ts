import assert from "node:assert/strict";
import { AuthsomeError } from "../../../lib/errors.ts";
import type { Placement } from "../../../lib/provider.ts";
import { selectedConnection } from "../../../lib/proxy/decision/selection.ts";

const BEARER: Placement = { kind: "header", name: "Authorization", prefix: "Bearer" };
const PLAIN: Placement = { kind: "header", name: "x-api-key", prefix: "" };
const BASIC: Placement = { kind: "basic", username: "{key}", password: "" };
const QUERY: Placement = { kind: "query", name: "key" };
const P = "authsome-proxy-managed";

function select(placement: Placement, value: string, name = "authorization"): string | undefined {
  const values = [value];
  return selectedConnection({
    target: placement.kind === "query" ? value : "/",
    fieldValues: (wanted) => wanted.toLowerCase() === name ? values : [],
  }, placement);
}

const CASES: readonly [placement: Placement, value: string, selected: string | undefined][] = [
  [BEARER, `Bearer ${P}`, undefined],
  [BEARER, `Bearer ${P}:work`, "work"],
  [BEARER, `bearer  ${P}:work`, "work"],
  [BEARER, `token ${P}:work`, "work"],
  [BEARER, `${P}:work`, "work"],
  [BEARER, `Bearer x${P}:work`, undefined],
  [BEARER, "Bearer sk-something:else", undefined],
  [BEARER, `Basic ${btoa(`x-access-token:${P}:work`)}`, "work"],
  [BEARER, `Basic ${btoa(`${P}:work:`)}`, "work"],
  [BASIC, `Basic ${btoa(`${P}:work:`)}`, "work"],
  [BASIC, `basic ${btoa(`${P}:work:password`)}`, "work"],
  [BASIC, `Basic ${btoa(`${P}:`)}`, undefined],
  [BASIC, `Basic ${btoa(`${P}:x-oauth-basic`)}`, undefined],
  [BASIC, `Basic ${btoa(`user:${P}`)}`, undefined],
  [BASIC, `Basic ${btoa(`${P}:${P}:work`)}`, "work"],
  [BASIC, "Basic !!!", undefined],
  [QUERY, `/v1?a=b&key=${P}:work`, "work"],
  [QUERY, `/v1?key=${P}%3Awork&a`, "work"],
  [QUERY, `/v1?k%65y=${P}:work`, "work"],
  [QUERY, `/v1?key=${P}`, undefined],
  [QUERY, `/v1?other=${P}:work`, undefined],
  [QUERY, "/v1", undefined],
];

for (const [placement, value, selected] of CASES) {
  Deno.test(`${placement.kind} ${value} selects ${selected ?? "the default"}`, () => {
    assert.equal(select(placement, value), selected);
  });
}

Deno.test("a placeholder in another field selects nothing", () => {
  assert.equal(select(PLAIN, `${P}:work`, "authorization"), undefined);
  assert.equal(select(PLAIN, `${P}:work`, "x-api-key"), "work");
});

Deno.test("a name that is none, or two different ones, are refused", () => {
  const refused = (values: string[]): void =>
    assert.throws(
      () => selectedConnection({ target: "/", fieldValues: () => values }, PLAIN),
      (error) => error instanceof AuthsomeError && error.code === "usage",
    );
  refused([`${P}:`]);
  refused([`${P}:a b`]);
  refused([`${P}:../x`]);
  refused([`${P}:one`, `${P}:two`]);
});
