import assert from "node:assert/strict";
import { withApi } from "../support/api_origin.ts";
import { testNeeding } from "../support/needs.ts";

const URL = "https://api.openai.com/v1/models";
const WRONG_TOKEN = "http://authsome:wrong@${HTTPS_PROXY##*@}";
/** Not the run's. */
const OTHER_ROOTS = "--cacert $HOME/api.openai.com-ca.pem";

interface Case {
  readonly name: string;
  /** For `sh -c`. */
  readonly script: string;
  readonly flags?: readonly string[];
  /** What stands on stderr; absent: nothing at all. */
  readonly hint?: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: "a client that refuses the certificate is told of",
    script: `for i in 1 2; do curl -s ${OTHER_ROOTS} ${URL}; done; true`,
    hint:
      /^A program refused the run's certificate for api\.openai\.com \(2 times\).*\nPoint it at .*--base-url-mode/,
  },
  {
    name: "and not with --quiet",
    script: `curl -s ${OTHER_ROOTS} ${URL}`,
    flags: ["--quiet"],
  },
  {
    name: "a client that leaves without a request, and fails, is told of",
    script: `curl -s --cacert /dev/null ${URL}; exit 1`,
    hint: /^A program connected to api\.openai\.com \(once\) and sent no request/,
  },
  {
    name: "a client that leaves without a request, and does not fail, is not",
    script: `curl -s --cacert /dev/null ${URL}; true`,
  },
  {
    name: "a client that sends a wrong token is told of",
    script: `curl -s -x "${WRONG_TOKEN}" -o /dev/null ${URL}; true`,
    hint: /^A program asked for api\.openai\.com \(once\) without the user and password/,
  },
  { name: "a command that works is not", script: `curl -s -o /dev/null ${URL}` },
  { name: "a command that fails and sends nothing is not", script: "exit 3" },
  {
    name: "a client with a wrong token is not, for a host that is not routed",
    script: `curl -s -x "${WRONG_TOKEN}" https://other.example/; true`,
  },
];

testNeeding("curl", "sh")("run says at its end what the proxy saw go wrong", async (t) => {
  await withApi(async (user, api) => {
    for (const { name, script, flags, hint } of CASES) {
      await t.step(name, async () => {
        const { stderr } = await api.run(user, ["sh", "-c", script], flags);
        if (hint === undefined) assert.equal(stderr, "");
        else assert.match(stderr, hint);
      });
    }
  });
});
