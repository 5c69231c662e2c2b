import assert from "node:assert/strict";
import { EXPORT_FORMATS, type ExportFormat, formatExport } from "../../lib/broker/export_format.ts";

const PLAIN: Readonly<Record<ExportFormat, string>> = {
  env: "export NAME=sk-a_b.c:d/e@f%g+h,i\n",
  shell: "export NAME=sk-a_b.c:d/e@f%g+h,i\n",
  dotenv: "NAME=sk-a_b.c:d/e@f%g+h,i\n",
  json: '{\n  "NAME": "sk-a_b.c:d/e@f%g+h,i"\n}\n',
  fish: "set -gx NAME sk-a_b.c:d/e@f%g+h,i\n",
  powershell: "$env:NAME = 'sk-a_b.c:d/e@f%g+h,i'\n",
};

const QUOTED: readonly (readonly [value: string, Partial<Record<ExportFormat, string>>])[] = [
  ["$(id)", {
    env: "export NAME='$(id)'\n",
    dotenv: "NAME='$(id)'\n",
    fish: "set -gx NAME '$(id)'\n",
    powershell: "$env:NAME = '$(id)'\n",
  }],
  ["a'b", {
    env: `export NAME='a'\\''b'\n`,
    dotenv: `NAME="a'b"\n`,
    fish: `set -gx NAME 'a\\'b'\n`,
    powershell: "$env:NAME = 'a''b'\n",
  }],
  ["a\nb", {
    env: "export NAME='a\nb'\n",
    dotenv: 'NAME="a\\nb"\n',
    fish: "set -gx NAME 'a\nb'\n",
    powershell: "$env:NAME = 'a\nb'\n",
  }],
  ["a\\b", { env: "export NAME='a\\b'\n", fish: "set -gx NAME 'a\\\\b'\n" }],
  ["a\u2019b", { powershell: "$env:NAME = 'a\u2019\u2019b'\n" }],
  ["", { env: "export NAME=''\n", dotenv: "NAME=''\n", fish: "set -gx NAME ''\n" }],
  ["~x", { env: "export NAME='~x'\n" }],
  ["a=b", { env: "export NAME='a=b'\n" }],
];

Deno.test("formatExport() leaves plain values bare", () => {
  for (const format of EXPORT_FORMATS) {
    const variables = new Map([["NAME", "sk-a_b.c:d/e@f%g+h,i"]]);
    assert.equal(formatExport(variables, format), PLAIN[format]);
  }
});

Deno.test("formatExport() quotes everything a reader could take for more than data", () => {
  for (const [value, expected] of QUOTED) {
    for (const format of EXPORT_FORMATS) {
      const text = expected[format];
      if (text !== undefined) assert.equal(formatExport(new Map([["NAME", value]]), format), text);
    }
  }
});

Deno.test("formatExport() gives a line for each variable", () => {
  const variables = new Map([["A", "1"], ["B", "2"]]);
  assert.equal(formatExport(variables, "env"), "export A=1\nexport B=2\n");
  assert.equal(formatExport(new Map(), "env"), "");
});
