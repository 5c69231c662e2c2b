/**
 * authsome itself: from source on the Deno that runs the bench, and the compiled binary.
 *
 * @module
 */

import { join } from "node:path";
import { runtimeOf } from "../machine.ts";
import { runProgram, startProgram } from "../program.ts";
import { HOSTS, type Upstream } from "../upstream.ts";
import { type Bench, type Peer, routeThrough, type RunningPeer, Unavailable } from "./peer.ts";

const ROOT = join(import.meta.dirname ?? ".", "..", "..");
const BINARY = join(ROOT, "dist", "authsome");

/** A definition for the upstreams that are not OpenAI's. */
const DEFINITION = {
  schema_version: 1,
  name: "bench",
  display_name: "Bench",
  auth_type: "api_key",
  flow: "api_key",
  api_url: [HOSTS.far, HOSTS.origin],
  api_key: { header_name: "Authorization", header_prefix: "Bearer" },
};

/** Flags of `run`: rules that let everything pass which the bench asks for. */
const POLICY = ["openai", DEFINITION.name].flatMap((provider) => [
  ...["--allow", `${provider}:GET,POST /*`, "--allow", `${provider}:GET /v1/models/**`],
  ...["--max-requests", `${provider}=100000000`, "--expires", `${provider}=1h`],
]);

/** authsome from source, on the Deno of releases, in the form that releases are compiled from. */
export const authsomeSource: Peer = {
  name: "authsome",
  notes: "From source, bundled as for a release. Per-run proxy password, audit trail, verified " +
    "upstream.",
  lacks: [],
  prepare: () => Promise.resolve(`authsome from source, Deno ${Deno.version.deno}`),
  start: async (bench) => startAuthsome(await bundle(bench), bench),
};

/** What the search of answers for the credential costs is the difference to {@link authsomeSource}. */
export const authsomeUnredacted: Peer = {
  name: "authsome-no-redact",
  notes: "From source, with `run --no-redact`: answers are not searched for the credential.",
  lacks: [],
  workloads: ["keep-alive-1", "keep-alive-32", "http2-32", "download-10mb"],
  prepare: authsomeSource.prepare,
  start: async (bench) => startAuthsome(await bundle(bench), bench, ["--no-redact"]),
};

/** What judging requests by a policy costs is the difference to {@link authsomeSource}. */
export const authsomePolicy: Peer = {
  name: "authsome-policy",
  notes: "From source, with a policy about methods, paths, number and time for every request.",
  lacks: [],
  workloads: ["keep-alive-1", "keep-alive-32", "http2-32"],
  prepare: authsomeSource.prepare,
  start: async (bench) => startAuthsome(await bundle(bench), bench, POLICY),
};

/** The compiled binary. */
export const authsomeBinary: Peer = {
  name: "authsome-binary",
  notes: "Compiled binary. As above.",
  lacks: [],
  prepare: async () => {
    try {
      const version = await runProgram([BINARY, "--version"]);
      return `${version.trim()}, compiled with ${await runtimeOf(BINARY)}`;
    } catch (error) {
      throw new Unavailable(`no working dist/authsome (deno task compile): ${error}`);
    }
  },
  start: (bench) => startAuthsome([BINARY], bench),
};

/**
 * Bundles the program as the task `compile` does, and gives the command line that runs it as the task
 * `authsome` does, with the permissions it names.
 */
async function bundle(bench: Bench): Promise<readonly string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const [making = ""] = tasks.compile.split(" && ");
  const folder = await bench.createFolder();
  await runProgram([...wordsOf(making, "dist/bundle main.ts"), folder, join(ROOT, "main.ts")], {
    cwd: ROOT,
  });
  return [...wordsOf(tasks.authsome, "main.ts"), join(folder, "main.js")];
}

/** The words of a task without the last ones, which must be `end`. */
function wordsOf(task: string, end: string): readonly string[] {
  if (!task.startsWith("deno ") || !task.endsWith(` ${end}`)) {
    throw new Error(`the task is not 'deno … ${end}': ${task}`);
  }
  return [Deno.execPath(), ...task.slice("deno ".length, -end.length - 1).split(" ")];
}

/** Makes a home with the bench's connections. */
export async function createHome(command: readonly string[], bench: Bench): Promise<string> {
  const home = join(await bench.createFolder(), "home");
  await Deno.mkdir(join(home, "providers"), { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(join(home, "providers", "bench.json"), JSON.stringify(DEFINITION));
  for (const provider of ["openai", DEFINITION.name]) {
    await runProgram([...command, "login", provider, "--stdin"], {
      env: { AUTHSOME_HOME: home },
      input: bench.credential.replace("Bearer ", ""),
    });
  }
  return home;
}

/** Flags of `run` that send every upstream's name to loopback. */
export function connectFlags(upstream: Upstream): readonly string[] {
  const names = Object.entries(HOSTS) as [keyof typeof HOSTS, string][];
  return [
    ...["--upstream-ca", upstream.certificates.ca],
    ...names.flatMap(([endpoint, host]) => [
      "--connect-to",
      `${host}:443:127.0.0.1:${upstream.ports[endpoint]}`,
    ]),
  ];
}

/** The proxy lives as long as its child, which tells its variables and then waits. */
async function startAuthsome(
  command: readonly string[],
  bench: Bench,
  flags: readonly string[] = [],
): Promise<RunningPeer> {
  const home = await createHome(command, bench);
  const running = await startProgram(
    [
      ...command,
      "run",
      ...flags,
      ...connectFlags(bench.upstream),
      "--",
      bench.tools.loadgen,
      "hold",
    ],
    { env: { AUTHSOME_HOME: home }, awaitLine: true },
  );
  const { proxy, ca }: { proxy: string; ca: string } = JSON.parse(running.firstLine);
  const access = { proxy, ca, upstreamCa: bench.upstream.certificates.ca };
  return {
    pid: running.pid,
    route: (endpoint) => [
      ...routeThrough(access, { endpoint, address: `${HOSTS[endpoint]}:443` }),
      ...["-header", "Authorization: Bearer authsome-proxy-managed"],
    ],
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
