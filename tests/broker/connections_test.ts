import assert from "node:assert/strict";
import { redactRecord, statusOf } from "../../lib/broker/connections.ts";
import type { ConnectionRecord } from "../../lib/connection.ts";
import { apiKeyDraft, NOW } from "../support/vault.ts";

const SEALED = {
  enc: 1,
  alg: "AES-256-GCM",
  kid: "k",
  nonce: "n",
  ciphertext: "c",
  tag: "t",
} as const;

function record(fields: Partial<ConnectionRecord>): ConnectionRecord {
  return { ...apiKeyDraft(), ...fields };
}

const at = (milliseconds: number): string => new Date(milliseconds).toISOString();

const STATUSES: readonly (readonly [name: string, Partial<ConnectionRecord>, string])[] = [
  ["without a lifetime", {}, "connected"],
  ["before its end", { expires_at: at(NOW + 1) }, "connected"],
  ["at its end", { expires_at: at(NOW) }, "expired"],
  [
    "after its end, with a refresh token",
    { expires_at: at(NOW - 1), refresh_token: SEALED },
    "connected",
  ],
  ["that the provider revoked", { status: "revoked", refresh_token: SEALED }, "revoked"],
  ["that was found invalid", { status: "invalid", expires_at: at(NOW - 1) }, "invalid"],
];

for (const [name, fields, status] of STATUSES) {
  Deno.test(`statusOf() says how a connection ${name} fares`, () => {
    assert.equal(statusOf(record(fields), NOW), status);
  });
}

Deno.test("redactRecord() hides every sealed field and keeps unknown ones", () => {
  const shown = redactRecord(
    record({ api_key: SEALED, refresh_token: SEALED, later: { version: 2 } }),
    NOW,
  );
  assert.equal(shown.api_key, "***REDACTED***");
  assert.equal(shown.refresh_token, "***REDACTED***");
  assert.equal("access_token" in shown, false);
  assert.deepEqual(shown.later, { version: 2 });
});
