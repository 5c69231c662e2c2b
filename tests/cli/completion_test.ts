import assert from "node:assert/strict";
import { completeWords, type Lookup } from "../../lib/cli/completion.ts";

const lookup: Lookup = (kind, { provider, profile }) => {
  if (kind === "provider") return ["openai", "openrouter"].map((value) => ({ value, summary: "" }));
  return [{ value: `${provider}-${profile ?? "default"}`, summary: "" }];
};

function complete(line: string): unknown {
  const completion = completeWords(line.split(" "), lookup);
  if (completion.kind !== "candidates") return completion;
  return completion.candidates.map(({ value }) => value);
}

const CASES: readonly (readonly [line: string, expected: unknown])[] = [
  ["who", ["whoami"]],
  ["--json who", ["whoami"]],
  ["--profile work who", ["whoami"]],
  ["--pro", ["--profile"]],
  ["login open", ["openai", "openrouter"]],
  ["login openai ", []],
  ["login --fl", ["--flow"]],
  ["login openai --flow dev", ["device_code"]],
  ["get openai --connection ", ["openai-default"]],
  ["--profile work get openai --connection ", ["openai-work"]],
  ["get openai --connection = ", ["openai-default"]],
  ["get openai --connection =", ["openai-default"]],
  ["get openai --field stat", ["status"]],
  ["set-default openai ", ["openai-default"]],
  ["register ", { kind: "files" }],
  ["run --upstream-ca ", { kind: "files" }],
  ["run --on", ["--only"]],
  ["run ", { kind: "command", offset: 1 }],
  ["run -- ", { kind: "command", offset: 2 }],
  ["run --only npm st", { kind: "command", offset: 2 }],
  ["run --provider openai -- npm st", { kind: "command", offset: 4 }],
  ["help whoa", ["whoami"]],
  ["completions z", ["zsh"]],
  ["log -", [
    "-n",
    "--follow",
    "--provider",
    "--connection",
    "--run",
    "--event",
    "--since",
    "--verify",
    "--json",
    "--quiet",
    "--verbose",
    "--no-color",
    "--profile",
    "--help",
    "--version",
  ]],
  ["nonsense wh", ["whoami"]],
  ["__c", []],
];

Deno.test("completeWords() knows what can follow", () => {
  for (const [line, expected] of CASES) {
    const found = complete(line);
    const sorted = Array.isArray(found) && Array.isArray(expected);
    assert.deepEqual(
      sorted ? found.toSorted() : found,
      sorted ? expected.toSorted() : expected,
      line,
    );
  }
});
