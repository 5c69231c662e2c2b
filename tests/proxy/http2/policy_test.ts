import assert from "node:assert/strict";
import type { AuditFact } from "../../../lib/audit.ts";
import { AuthsomeError } from "../../../lib/errors.ts";
import { parseHostname } from "../../../lib/hostname.ts";
import type { Injection } from "../../../lib/injection.ts";
import type { OwnedDecision } from "../../../lib/proxy/http2/credential_decision.ts";
import { createH2Policy } from "../../../lib/proxy/http2/policy.ts";
import type { H2RelayPolicy } from "../../../lib/proxy/http2/session.ts";
import { DEFAULT_LIMITS } from "../../../lib/proxy/limits.ts";
import { createRouteTable } from "../../../lib/proxy/decision/route.ts";
import { bearer, ROUTED_HOST, testRoute } from "../../support/proxy.ts";
import { S3_KEY } from "../../support/sigv4.ts";

const KEY = bearer("key");
const SIGNING: Injection = { kind: "sigv4", key: S3_KEY, extraHeaders: [] };

interface Bench {
  readonly policy: H2RelayPolicy<OwnedDecision>;
  readonly facts: readonly AuditFact[];
  /** Injections that were answered with 401. */
  readonly renewed: readonly Injection[];
}

function bench(resolve: () => Promise<Injection> = () => Promise.resolve(KEY)): Bench {
  const target = { host: parseHostname(ROUTED_HOST), port: 443 };
  const routes = createRouteTable([testRoute(`https://${ROUTED_HOST}/v1`)]).find(target, "https");
  assert.ok(routes);
  const facts: AuditFact[] = [];
  const renewed: Injection[] = [];
  const policy = createH2Policy({ target, routes, serverName: undefined }, {
    resolve,
    renew: (refused) => {
      renewed.push(refused);
      return Promise.reject(new AuthsomeError("refresh_failed", "No other.", { hint: "None" }));
    },
    permitOf: undefined,
    begin: () => undefined,
    commit: () => {},
    record: (fact) => facts.push(fact),
    now: () => 0,
    limits: DEFAULT_LIMITS,
  });
  return { policy, facts, renewed };
}

async function decide({ policy }: Bench, path: string, authorization = ""): Promise<OwnedDecision> {
  const decide = policy.prepare({
    method: "GET",
    scheme: "https",
    authorities: [path.startsWith("/elsewhere") ? "other.example.com" : ROUTED_HOST],
    path,
    protocol: undefined,
    contentLength: undefined,
    fields: [{ name: "authorization", value: authorization, neverIndexed: false }],
  });
  return await decide();
}

const gone = (): Promise<Injection> =>
  Promise.reject(new AuthsomeError("connection_not_found", "Gone.", { hint: "Run: authsome" }));

const CASES: readonly [
  name: string,
  path: string,
  decision: string,
  resolve?: () => Promise<Injection>,
][] = [
  ["of the route's path", "/v1/models", "inject"],
  ["of another path", "/v2", "relay"],
  ["of another host", "/elsewhere", "refuse 421"],
  ["whose path has a fragment", "/v1#x", "refuse 400"],
  ["whose path is doubtful", "/v1/../v2", "refuse 400"],
  ["whose credential is gone", "/v1", "refuse 502", gone],
  ["that would have to be signed", "/v1", "refuse 501", () => Promise.resolve(SIGNING)],
];

for (const [name, path, expected, resolve] of CASES) {
  Deno.test(`an HTTP/2 request ${name} is decided: ${expected}`, async () => {
    const decision = await decide(bench(resolve), path);
    const status = decision.kind === "refuse" ? ` ${decision.refusal.status}` : "";
    assert.equal(decision.kind + status, expected);
  });
}

Deno.test("an HTTP/2 request selects a connection, whose name is recorded", async () => {
  const scene = bench(gone);
  const decision = await decide(scene, "/v1?q=1", "Bearer authsome-proxy-managed:work");
  const bytes = { requestBytes: 1, responseBytes: 2, milliseconds: 3 };
  scene.policy.record({
    method: "GET",
    path: "/v1?q=1",
    status: 502,
    decision,
    request: 1,
    ...bytes,
  });
  const [fact] = scene.facts;
  assert.equal(fact?.connection, "work");
  assert.equal(fact?.path, "/v1");
  assert.equal(fact?.outcome, "connection_not_found");
});

Deno.test("a 401 over HTTP/2 asks for another credential once, for the streams that follow", async () => {
  const scene = bench();
  const bytes = { requestBytes: 0, responseBytes: 0, milliseconds: 0 };
  for (const [path, status] of [["/v1", 401], ["/v1", 200], ["/v2", 401]] as const) {
    const decision = await decide(scene, path);
    scene.policy.record({ method: "GET", path, status, decision, request: 1, ...bytes });
  }
  assert.deepEqual(scene.renewed, [KEY]);
  assert.equal(scene.facts.length, 3);
});
