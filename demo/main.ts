/**
 * The main job, offline: a stand-in for api.openai.com on loopback, a throw-away home, one login,
 * one child behind `authsome run`, and side by side what the child had and what the service got.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Authority } from "../lib/ca/authority.ts";
import { type StandIn, startStandIn } from "./stand_in.ts";
import { type Look, show } from "./show.ts";

const HOST = "api.openai.com";
const ROOT = join(import.meta.dirname ?? ".", "..");

/** The program under show: the binary if `AUTHSOME_BIN` names one, else this source tree. */
function authsome(): readonly string[] {
  const binary = Deno.env.get("AUTHSOME_BIN");
  if (binary !== undefined) return [binary];
  const permissions = ["read", "write", "net", "env", "run", "sys"].map((name) =>
    `--allow-${name}`
  );
  return [Deno.execPath(), "run", "--quiet", "--frozen", ...permissions, join(ROOT, "main.ts")];
}

interface Finished {
  readonly code: number;
  readonly output: string;
}

async function run(args: readonly string[], home: string, input = ""): Promise<Finished> {
  const [program = "", ...prefix] = authsome();
  const command = new Deno.Command(program, {
    args: [...prefix, ...args],
    env: { AUTHSOME_HOME: home, CI: "true", NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, output: (text.decode(stdout) + text.decode(stderr)).trim() };
}

function hasCurl(): boolean {
  try {
    return new Deno.Command("curl", { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** A program that knows nothing of authsome: it reads its variable and calls the API. */
function childCommand(): readonly string[] {
  if (hasCurl() && Deno.build.os !== "windows") {
    const call = `curl -sS https://${HOST}/v1/models -H "Authorization: Bearer $OPENAI_API_KEY"`;
    return ["sh", "-c", `echo "OPENAI_API_KEY=$OPENAI_API_KEY"; ${call}`];
  }
  const script = `const key = Deno.env.get("OPENAI_API_KEY"); console.log("OPENAI_API_KEY=" + key);
const answer = await fetch("https://${HOST}/v1/models", { headers: { authorization: "Bearer " + key } });
console.log(await answer.text());`;
  return [Deno.execPath(), "eval", script];
}

async function perform(home: string, standIn: StandIn): Promise<Look> {
  const key = `sk-demo-${randomBytes(18).toString("hex")}`;
  const login = await run(["login", "openai", "--stdin"], home, `${key}\n`);
  const caFile = join(home, "stand-in-ca.pem");
  await Deno.writeTextFile(caFile, standIn.caPem);
  const child = await run([
    ...["run", "--connect-to", `${HOST}:443:127.0.0.1:${standIn.port}`, "--upstream-ca", caFile],
    "--",
    ...childCommand(),
  ], home);
  return { key, login: login.output, child: child.output, received: standIn.received() };
}

if (import.meta.main) {
  const home = await Deno.makeTempDir({ prefix: "authsome-demo-" });
  const standIn = startStandIn(new Authority({ hosts: [HOST] }), HOST);
  try {
    const look = await perform(join(home, "home"), standIn);
    Deno.exitCode = show(look) ? 0 : 1;
  } finally {
    standIn.close();
    await Deno.remove(home, { recursive: true });
  }
}
