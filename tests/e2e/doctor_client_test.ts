import assert from "node:assert/strict";
import { join } from "node:path";
import { type User, withUser } from "../support/authsome.ts";
import { findProgram } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";

/** Programs that behave in a way of their own, by the name of a real one. */
const PROGRAMS: Readonly<Record<string, string>> = {
  // Goes its own way.
  wget: `case $1 in --version) echo "GNU Wget 1.2.3";; esac`,
  // Trusts nobody.
  git: `case $1 in --version) echo "git version 4.5";; *) curl -s --cacert /dev/null "$2";; esac`,
  // Are not there to be tried: their versions cannot be told. (Deno brings a `node` if there is none.)
  ruby: "exit 1",
  node: "exit 1",
};

/** A PATH with curl and {@link PROGRAMS} only. */
function preparePath(user: User): string {
  const folder = join(user.folder, "bin");
  Deno.mkdirSync(folder);
  Deno.symlinkSync(findProgram("curl") ?? "", join(folder, "curl"));
  for (const [name, script] of Object.entries(PROGRAMS)) {
    Deno.writeTextFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return folder;
}

testNeeding("curl")(
  "doctor --client tells what works in a run, and what helps where not",
  () =>
    withUser(async (user) => {
      const env = { PATH: preparePath(user) };
      const result = await user.authsome(["doctor", "--client"], { env });
      assert.equal(result.code, 1, result.stderr);
      const report = result.stdout.split("\n").map((line) => line.split(/ {2,}/));
      assert.deepEqual(report[0], ["client", "version", "routed", "trusted", "injected"]);
      assert.deepEqual([report[1]?.[0], ...report[1]?.slice(2) ?? []], [
        "curl",
        "yes",
        "yes",
        "yes",
      ]);
      assert.deepEqual(report[2], ["wget", "1.2.3", "no", "no", "no"]);
      assert.match(result.stdout, /^ {2}wget: .*use_proxy/m);
      assert.deepEqual(report[4], ["git", "4.5", "yes", "no", "no"]);
      assert.match(result.stdout, /^ {2}git: .*GIT_SSL_CAINFO/m);
      assert.match(result.stdout, /^2 of 3 do not work/m);
    }),
);

testNeeding("curl")(
  "doctor --client --json gives checks, and needs neither vault nor login",
  () =>
    withUser(async (user) => {
      const env = { PATH: preparePath(user), AUTHSOME_MASTER_KEY: "not a key" };
      const { code, document } = await user.json(["doctor", "--client"], { env });
      assert.equal(code, 1);
      assert.equal(document.ok, false);
      const checks = document.checks as readonly Readonly<Record<string, unknown>>[];
      const [curl, wget] = checks;
      assert.deepEqual(checks.map(({ name, ok }) => [name, ok]), [
        ["curl", true],
        ["wget", false],
        ["git", false],
      ]);
      assert.deepEqual([curl?.routed, curl?.trusted, curl?.injected, curl?.hint], [
        true,
        true,
        true,
        "",
      ]);
      assert.equal(wget?.message, "wget 1.2.3 does not come to the proxy.");
      const left = [...Deno.readDirSync(user.home)].map((entry) => entry.name).sort();
      assert.deepEqual(left, ["providers", "run", "version"]);
      assert.deepEqual([...Deno.readDirSync(join(user.home, "run"))], []);
    }),
);
