import assert from "node:assert/strict";
import { AuthsomeError } from "../../../lib/errors.ts";
import { exchangeFact } from "../../../lib/proxy/decision/exchange_fact.ts";
import {
  formatRefusal,
  refusalOf,
  refuse,
  RefusedError,
} from "../../../lib/proxy/decision/refusal.ts";

function format(...args: Parameters<typeof formatRefusal>): string {
  return new TextDecoder().decode(formatRefusal(...args));
}

Deno.test("a refusal is JSON with its code in a header and its length in bytes", () => {
  const refusal = refuse(421, "Caf\u00e9 names another host.", "Say the same.");
  const [head = "", body = ""] = format(refusal, { close: true }).split("\r\n\r\n");
  assert.match(head, /^HTTP\/1\.1 421 Misdirected Request\r\n/);
  assert.match(head, /\r\nx-authsome-error: refused(\r\n|$)/);
  assert.match(head, /\r\nConnection: close(\r\n|$)/);
  assert.match(head, new RegExp(`Content-Length: ${new TextEncoder().encode(body).length}\r\n`));
  assert.deepEqual(JSON.parse(body), {
    error: "refused",
    message: "Caf\u00e9 names another host.",
    hint: "Say the same.",
  });
});

Deno.test("a refusal of HEAD has no body, and a 407 asks for Basic", () => {
  const text = format(refuse(407, "No."), { close: false, toHead: true });
  assert.ok(text.endsWith("\r\n\r\n"));
  assert.match(text, /\r\nProxy-Authenticate: Basic realm="authsome"\r\n/);
  assert.doesNotMatch(text, /Connection:/);
});

Deno.test("refusalOf() reads expected errors and says nothing about others", () => {
  const error = new AuthsomeError("refresh_failed", "It failed.", { hint: "Run: x" });
  assert.deepEqual(refusalOf(error), {
    status: 502,
    code: "refresh_failed",
    message: "It failed.",
    hint: "Run: x",
  });
  assert.equal(refusalOf(new RefusedError(refuse(421, "No."))).status, 421);
  const unexpected = refusalOf(new Error("key sk-123"));
  assert.equal(unexpected.status, 500);
  assert.doesNotMatch(JSON.stringify(unexpected), /sk-123/);
});

Deno.test("exchangeFact() records no query and says how it ended", () => {
  const exchange = {
    host: "a.b",
    owner: undefined,
    method: "GET",
    path: "/x?key=secret",
    status: 200,
    refusal: undefined,
    requestBytes: 1,
    responseBytes: 2,
    milliseconds: 3.4,
  };
  const fact = exchangeFact(exchange);
  assert.equal(fact.path, "/x");
  assert.equal(fact.event, "request");
  assert.equal(fact.outcome, "ok");
  assert.equal(fact.milliseconds, 3);
  const gone = exchangeFact({ ...exchange, status: undefined });
  assert.equal(gone.outcome, "cancelled");
  assert.equal(gone.status, undefined);
  const refused = exchangeFact({ ...exchange, status: 421, refusal: refuse(421, "No.") });
  assert.deepEqual([refused.event, refused.outcome], ["refused", "refused"]);
});
