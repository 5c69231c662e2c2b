import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { testNeeding } from "../support/needs.ts";
import { runInTerminal, TERMINAL_DRIVER, type TerminalStep } from "../support/terminal.ts";

const test = testNeeding(TERMINAL_DRIVER);
const FIXTURE = fileURLToPath(new URL("../fixtures/ask_terminal.ts", import.meta.url));

/** Asks in a terminal that a full-screen program has set up; shows the answer and the settings. */
async function ask(waitMs: number, steps: readonly TerminalStep[]): Promise<string> {
  const script = 'stty raw -echo; "$@"; stty -a; stty sane';
  const flags = ["run", "--quiet", "--no-prompt", "--allow-env=PATH", "--allow-run=sh"];
  const fixture = [Deno.execPath(), ...flags, FIXTURE, String(waitMs)];
  const env = Deno.env.toObject();
  const { screen } = await runInTerminal(["sh", "-c", script, "sh", ...fixture], { env, steps });
  assert.match(screen, /(?<!\S)-icanon[^]*(?<!\S)-echo(?!\S)/, "the settings are another's");
  return screen;
}

test("a full-screen program gets its terminal back as it was, answered or not", async () => {
  const code = "Type (\\d+) to allow";
  const answered = await ask(20_000, [{ wait: "(20 s): ", copy: code, send: "+\r" }]);
  assert.match(answered, /GET \(upgrade\) api\.openai\.com\/v1\/models wants .* openai\/work\./);
  assert.match(answered, /\{"kind":"run"\}/);
  const late = await ask(400, []);
  assert.match(late, /\{"kind":"deny","reason":"nobody answered in 0\.4 seconds"\}/);
});
