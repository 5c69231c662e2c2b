import assert from "node:assert/strict";
import { parseCommandLine } from "../../lib/cli/arguments.ts";
import { createOutput, type Output } from "../../lib/cli/output.ts";
import type { TextWriter } from "../../lib/cli/system.ts";
import { AuthsomeError } from "../../lib/errors.ts";

class Recorder implements TextWriter {
  text = "";
  readonly isTerminal = false;
  columns(): undefined {}
  readonly write = (text: string): void => {
    this.text += text;
  };
}

function print(
  flags: readonly string[],
  use: (output: Output) => unknown,
): { readonly stdout: string; readonly stderr: string; readonly result: unknown } {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const { globals } = parseCommandLine(flags);
  const result = use(createOutput({ stdout, stderr, env: {} }, globals));
  return { stdout: stdout.text, stderr: stderr.text, result };
}

const EXPECTED = new AuthsomeError("refused", "The host is\x1b[2J refused.", {
  hint: "Try another.",
  cause: new TypeError("the cause"),
});

Deno.test("failure() prints an expected failure without a stack and gives its status", () => {
  assert.deepEqual(print([], (output) => output.failure(EXPECTED)), {
    stdout: "",
    stderr: "Error: The host is\\u001b[2J refused.\nHint: Try another.\n",
    result: 11,
  });
});

Deno.test("failure() prints the cause with --verbose only", () => {
  const { stderr } = print(["--verbose"], (output) => output.failure(EXPECTED));
  assert.match(stderr, /\nHint: Try another\.\nTypeError: the cause\n {4}at /);
});

Deno.test("failure() prints the stack of a bug and gives 1", () => {
  const { stdout, stderr, result } = print([], (output) => output.failure(new RangeError("boom")));
  assert.equal(result, 1);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    /^Error: Something unexpected happened: boom\nHint: .*\nRangeError: boom\n {4}at /,
  );
});

Deno.test("failure() is one document on stdout with --json, hint included", () => {
  const { stdout, stderr } = print(["--json"], (output) => output.failure(EXPECTED));
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), {
    v: 1,
    error: "refused",
    message: EXPECTED.message,
    hint: "Try another.",
  });
  const bug = print(["--json"], (output) => output.failure("thrown text"));
  assert.equal(JSON.parse(bug.stdout).error, "unexpected");
  const hintless = print(["--json"], (output) => output.failure(new AuthsomeError("usage", "No.")));
  assert.equal(JSON.parse(hintless.stdout).hint, "");
});

const SAY_ALL = (output: Output): void => {
  output.note("a note");
  output.warn("a warning");
  output.success({ done: true }, "It is done.");
  output.result({ value: 1 }, () => "1\n");
};

Deno.test("results go to stdout, remarks to stderr, and --quiet leaves the chatter out", () => {
  assert.deepEqual(print([], SAY_ALL), {
    stdout: "It is done.\n1\n",
    stderr: "a note\nWarning: a warning\n",
    result: undefined,
  });
  assert.deepEqual(print(["--quiet"], SAY_ALL), {
    stdout: "1\n",
    stderr: "Warning: a warning\n",
    result: undefined,
  });
});

Deno.test("a document begins with its version", () => {
  const { stdout } = print(["--json", "--quiet"], (output) => output.success({ done: true }, "."));
  assert.equal(stdout, '{\n  "v": 1,\n  "done": true\n}\n');
});
