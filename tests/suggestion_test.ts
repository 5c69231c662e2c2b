import assert from "node:assert/strict";
import { nearestName } from "../lib/suggestion.ts";

const NAMES = ["list", "login", "logout", "log", "openai", "openrouter", "set-default"];

const NEAREST: readonly (readonly [word: string, name: string | undefined])[] = [
  ["lsit", "list"],
  ["lst", "list"],
  ["LIST", "list"],
  ["logn", "login"],
  ["opnai", "openai"],
  ["opneai", "openai"],
  ["openroute", "openrouter"],
  ["set", "set-default"],
  ["setdefault", "set-default"],
  ["x", undefined],
  ["", undefined],
  ["zzzzzzzz", undefined],
  ["x".repeat(10_000), undefined],
];

Deno.test("nearestName() finds what was probably meant, and nothing that is far away", () => {
  for (const [word, name] of NEAREST) {
    assert.equal(nearestName(word, NAMES), name, word.slice(0, 20));
  }
});
