import assert from "node:assert/strict";
import type { Envelope } from "../../lib/connection.ts";
import { AuthsomeError } from "../../lib/errors.ts";
import { Secret } from "../../lib/secret.ts";
import { parseEnvelope, seal, type SealingKey, unseal } from "../../lib/vault/envelope.ts";

const PLACE = { recordKey: "profile:default:openai:connection:default", field: "api_key" };

function newKey(): SealingKey {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return { kid: bytes.subarray(0, 8).toHex(), bytes };
}

/** The way an envelope comes back from the store: as text, read strictly. */
function reopen(text: string, key: SealingKey, place = PLACE): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const envelope = parseEnvelope(value);
  if (envelope === undefined) return undefined;
  try {
    return unseal(envelope, key, place).reveal();
  } catch (error) {
    assert.ok(error instanceof AuthsomeError);
    assert.equal(error.code, "vault_unavailable");
    return undefined;
  }
}

function flipBit(base64: string, bit: number): string {
  const bytes = Uint8Array.fromBase64(base64);
  const at = bit >> 3;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  return bytes.toBase64();
}

Deno.test("unseal(seal(x)) is x", () => {
  const key = newKey();
  const texts = ["", "\0", "\uFEFFbom", "ünï\u{1f511}", "sk-" + "a".repeat(10_000)];
  for (let length = 0; length < 70; length++) {
    texts.push(crypto.getRandomValues(new Uint8Array(length)).toHex());
  }
  for (const text of texts) {
    assert.equal(reopen(JSON.stringify(seal(new Secret(text), key, PLACE)), key), text);
  }
});

Deno.test("unseal() opens what OpenSSL sealed (known answer)", () => {
  // node 20 with OpenSSL 3.0: aes-256-gcm, key 32 × 07, AAD = record key, NUL, field.
  const envelope: Envelope = {
    enc: 1,
    alg: "AES-256-GCM",
    kid: "known",
    nonce: "AAECAwQFBgcICQoL",
    ciphertext: "a+rEG3Nmrida04vvlT0e19ENhL0sV0EGLvc=",
    tag: "Vqmgict9pPmsrE9FSdPQ8A==",
  };
  const key = { kid: "known", bytes: new Uint8Array(32).fill(7) };
  assert.equal(reopen(JSON.stringify(envelope), key), "sk-known-answer-0123456789");
});

Deno.test("WebCrypto opens what seal() sealed", async () => {
  const key = newKey();
  const envelope = seal(new Secret("sk-oracle"), key, PLACE);
  const bytes = [envelope.ciphertext, envelope.tag].map((part) => Uint8Array.fromBase64(part));
  const params = {
    name: "AES-GCM",
    iv: Uint8Array.fromBase64(envelope.nonce),
    additionalData: new TextEncoder().encode(`${PLACE.recordKey}\0${PLACE.field}`),
  };
  const raw = new Uint8Array(key.bytes);
  const oracle = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
  const joined = await new Blob(bytes).arrayBuffer();
  const opened = await crypto.subtle.decrypt(params, oracle, joined);
  assert.equal(new TextDecoder().decode(opened), "sk-oracle");
});

Deno.test("one flipped bit of nonce, ciphertext or tag never unseals", () => {
  const key = newKey();
  const envelope = seal(new Secret("sk-flip-0123456789"), key, PLACE);
  let flips = 0;
  for (const part of ["nonce", "ciphertext", "tag"] as const) {
    const bits = Uint8Array.fromBase64(envelope[part]).length * 8;
    for (let bit = 0; bit < bits; bit++, flips++) {
      const changed = { ...envelope, [part]: flipBit(envelope[part], bit) };
      assert.equal(reopen(JSON.stringify(changed), key), undefined);
    }
  }
  assert.equal(flips, (12 + 18 + 16) * 8);
});

Deno.test("one changed character of the stored text never unseals to another secret", () => {
  const key = newKey();
  const text = JSON.stringify(seal(new Secret("sk-text"), key, PLACE));
  for (let at = 0; at < text.length; at++) {
    for (let bit = 0; bit < 7; bit++) {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) +
        text.slice(at + 1);
      assert.equal(reopen(changed, key), undefined, changed);
    }
  }
});

Deno.test("an envelope opens with its key and at its place only", () => {
  const key = newKey();
  const text = JSON.stringify(seal(new Secret("sk-place"), key, PLACE));
  const otherBytes = { ...newKey(), kid: key.kid };
  assert.equal(reopen(text, key), "sk-place");
  assert.equal(reopen(text, newKey()), undefined);
  assert.equal(reopen(text, otherBytes), undefined);
  assert.equal(reopen(text, key, { ...PLACE, field: "client_secret" }), undefined);
  assert.equal(reopen(text, key, { ...PLACE, recordKey: `${PLACE.recordKey}2` }), undefined);
  const shifted = { recordKey: `${PLACE.recordKey}\0api`, field: "_key" };
  assert.equal(reopen(text, key, shifted), undefined);
});

Deno.test("every sealing has a nonce of its own", () => {
  const key = newKey();
  const nonces = Array.from({ length: 1000 }, () => seal(new Secret("same"), key, PLACE).nonce);
  assert.equal(new Set(nonces).size, 1000);
});

Deno.test("parseEnvelope() takes exactly what seal() makes", () => {
  const good = seal(new Secret("sk-strict"), newKey(), PLACE);
  assert.deepEqual(parseEnvelope(good), good);
  const { tag: _tag, ...untagged } = good;
  const wrong: readonly unknown[] = [
    null,
    "text",
    [],
    {},
    untagged,
    { ...good, extra: 1 },
    { ...good, enc: 2 },
    { ...good, enc: "1" },
    { ...good, alg: "AES-128-GCM" },
    { ...good, kid: "" },
    { ...good, kid: "a/b" },
    { ...good, kid: 7 },
    { ...good, nonce: good.nonce.slice(0, -4) },
    { ...good, nonce: `${good.nonce}AAAA` },
    { ...good, tag: good.tag.slice(0, 16) },
    { ...good, tag: good.tag.replace(/==$/, "") },
    { ...good, tag: ` ${good.tag}` },
    { ...good, ciphertext: `${good.ciphertext}\n` },
    { ...good, ciphertext: "A===" },
    { ...good, ciphertext: "AB==" },
    { ...good, ciphertext: "-_-_" },
    { ...good, ciphertext: null },
  ];
  for (const value of wrong) assert.equal(parseEnvelope(value), undefined, JSON.stringify(value));
});
