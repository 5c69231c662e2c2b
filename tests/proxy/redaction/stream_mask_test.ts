import assert from "node:assert/strict";
import { HELD_FROM, MASK, SecretMatcher } from "../../../lib/proxy/redaction/secret_matcher.ts";
import { StreamMask } from "../../../lib/proxy/redaction/stream_mask.ts";
import { createRandom, type Random } from "../../support/random.ts";
import { fromLatin1 } from "../../support/wire.ts";

const STAR = String.fromCharCode(MASK);

/** What is to come out: every byte of every occurrence masked. */
function masked(text: string, secrets: readonly string[]): string {
  const bytes = [...text];
  for (const secret of secrets) {
    for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
      bytes.fill(STAR, at, at + secret.length);
    }
  }
  return bytes.join("");
}

/** What leaves, and what was held after every piece. Framing of two bytes stands before each. */
function pass(pieces: readonly string[], secrets: readonly string[]): {
  readonly out: string;
  readonly held: readonly string[];
  readonly hits: number;
} {
  let hits = 0;
  const mask = new StreamMask(new SecretMatcher(secrets.map(fromLatin1)), () => hits++);
  let waiting = "";
  let out = "";
  const held: string[] = [];
  let seen = "";
  for (const piece of pieces) {
    const buffer = fromLatin1(`${waiting}[]${piece}`);
    const start = waiting.length + 2;
    mask.mask(buffer, start, buffer.length);
    const from = mask.heldFrom ?? buffer.length;
    mask.leave(from);
    const text = String.fromCharCode(...buffer);
    out += text.slice(0, from);
    waiting = text.slice(from);
    seen += piece;
    const content = waiting.replaceAll("[]", "");
    assert.ok(seen.length >= content.length);
    held.push(seen.slice(seen.length - content.length));
  }
  return { out: (out + waiting).replaceAll("[]", ""), held, hits };
}

function cut(text: string, random: Random): string[] {
  const pieces: string[] = [];
  const longest = random.pick([1, 3, 10, 40]);
  for (let at = 0; at < text.length;) {
    const size = 1 + random.below(longest);
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

/** Texts full of secrets and their beginnings, in a small alphabet so that they overlap. */
function compose(random: Random): { text: string; secrets: string[] } {
  const letters = random.pick(["ab", "abc", "abcdefgh"]);
  const word = (length: number): string =>
    Array.from({ length }, () => letters[random.below(letters.length)]).join("");
  const secrets = Array.from({ length: 1 + random.below(5) }, () => word(4 + random.below(30)));
  if (random.chance(3)) secrets.push(secrets[0]! + word(5));
  let text = "";
  while (text.length < 200) {
    const secret = random.pick(secrets);
    text += random.pick([word(random.below(12)), secret, secret.slice(0, random.below(40))]);
  }
  return { text, secrets: [...new Set(secrets)] };
}

Deno.test("whatever the pieces are, the same is masked and nothing else, at the same length", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = createRandom(seed);
    const { text, secrets } = compose(random);
    const expected = masked(text, secrets);
    assert.equal(pass([text], secrets).out, expected, `seed ${seed}`);
    const pieces = cut(text, random);
    const { out, held } = pass(pieces, secrets);
    // The first bytes of a secret may leave before there are enough of them to be held.
    const differences = [...out].flatMap((byte, at) => byte === expected[at] ? [] : [at]);
    for (const at of differences) {
      assert.equal(out[at], text[at], `seed ${seed}`);
      assert.ok(isEarly(at, pieces, { text, secrets }), `seed ${seed}: byte ${at}`);
    }
    assert.equal(out.length, text.length);
    for (const rest of held) {
      assert.ok(rest === "" || secrets.some((secret) => begins(rest, secret)), `seed ${seed}`);
    }
  }
});

/** Whether byte `at` is among the first ones of a secret and its piece ends soon after. */
function isEarly(
  at: number,
  pieces: readonly string[],
  { text, secrets }: { readonly text: string; readonly secrets: readonly string[] },
): boolean {
  let end = 0;
  for (const piece of pieces) {
    end += piece.length;
    if (end > at) break;
  }
  return secrets.some((secret) =>
    Array.from({ length: HELD_FROM - 1 }, (_, before) => at - before)
      .some((start) => end - start < HELD_FROM && text.startsWith(secret, start))
  );
}

/** Held is less than a secret; its first bytes, of which some may have left before, are right. */
function begins(rest: string, secret: string): boolean {
  return Array.from({ length: HELD_FROM }, (_, left) => left).some((left) =>
    left + rest.length < secret.length && rest.startsWith(secret.slice(left, HELD_FROM))
  );
}

Deno.test("what is held tells a right guess from a wrong one by the first four characters only", () => {
  const secret = "sk-canary-4f9d2c71b8e6";
  for (let at = HELD_FROM; at < secret.length - 1; at++) {
    const [right, wrong] = [secret.slice(0, at + 1), `${secret.slice(0, at)}X`];
    assert.deepEqual(pass([`x${wrong}`], [secret]).held, [wrong]);
    assert.deepEqual(pass([`x${right}`], [secret]).held, [right]);
  }
});

Deno.test("byte by byte only the first three characters of a secret are seen", () => {
  const secret = "sk-canary-4f9d2c71b8e6";
  const { out, hits } = pass([...`before ${secret} after ${secret}`], [secret]);
  const shown = secret.slice(0, HELD_FROM - 1) + STAR.repeat(secret.length - HELD_FROM + 1);
  assert.equal(out, `before ${shown} after ${shown}`);
  assert.equal(hits, 2);
});

Deno.test("a secret that is cut after its third character is masked entirely", () => {
  const secret = "sk-canary-4f9d2c71b8e6";
  for (let at = HELD_FROM; at < secret.length; at++) {
    const { out, held } = pass([`x${secret.slice(0, at)}`, `${secret.slice(at)}y`], [secret]);
    assert.equal(out, `x${STAR.repeat(secret.length)}y`);
    assert.deepEqual(held, [secret.slice(0, at), ""]);
  }
});

Deno.test("nothing is held for the end of a line, or for a few letters", () => {
  const secrets = ["sk-canary-4f9d2c71b8e6"];
  for (const piece of ["data: sk-canary\n\n", "yes", "sk", "sk-", "", "sk-canary-4f9d2c71b8e6"]) {
    assert.deepEqual(pass([piece], secrets).held, [""], piece);
  }
  assert.deepEqual(pass(["sk-c"], secrets).held, ["sk-c"]);
  assert.deepEqual(pass(["sk-c", "x", " y"], secrets).held, ["sk-c", "sk-cx", ""]);
});
