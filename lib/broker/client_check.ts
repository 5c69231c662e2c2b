/**
 * Tries the programs on this computer in a real run: does each come to the proxy, does it trust it,
 * and does its request get the credential?
 *
 * Theory of operation: a home of its own, made in a run's folder and gone afterwards, holds one
 * connection with a made-up key to a service that does not exist. A run is started in it exactly as
 * `authsome run` does, with the service's connections led to a stand-in on loopback, and `--only`,
 * so that nothing leaves this computer. Every program has a host name of its own below the
 * service's, by which it is told apart wherever it gets to.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { DEFAULT_NAME, parseProfileName } from "../connection.ts";
import { type Broker, type Environment, openBroker } from "./broker.ts";
import { CLIENT_PROGRAMS, type ClientProgram } from "./client_programs.ts";
import { parseLoginKey, planLogin, storeLogin } from "./login.ts";
import { type Run, startRun } from "./run.ts";
import { openRunFolder, type RunFolder } from "./run_folder.ts";
import { type StandIn, startStandIn } from "./stand_in.ts";

/** What became of one program's request. */
export interface ClientVerdict {
  readonly name: string;
  /** As the program says, or `?`. */
  readonly version: string;
  /** It came to the proxy. */
  readonly routed: boolean;
  /** It trusted the proxy's certificate and sent a request. */
  readonly trusted: boolean;
  /** The request had the credential. */
  readonly injected: boolean;
  /** What to do; empty if all is well. */
  readonly fix: string;
}

/** The service that does not exist (RFC 6761, section 6.4). */
const DOMAIN = "authsome-doctor.invalid";
const PROVIDER = "authsome-doctor";

const DEFINITION = JSON.stringify({
  schema_version: 1,
  name: PROVIDER,
  display_name: "authsome doctor",
  auth_type: "api_key",
  flow: "api_key",
  api_url: `*.${DOMAIN}`,
});

/** How many programs run at once. */
const PARALLEL = 2;

/** Time for a program, in milliseconds. */
const TIME_LIMIT_MS = 20_000;
const SLOW_TIME_LIMIT_MS = 90_000;

/**
 * Tries every program that is found.
 *
 * @returns in the order of the table.
 * @throws {AuthsomeError} `vault_unavailable` if the home cannot be used; what `startRun` throws.
 */
export async function checkClients(
  { home, env, now }: Broker,
  programs: readonly ClientProgram[] = CLIENT_PROGRAMS,
): Promise<readonly ClientVerdict[]> {
  const folder = openRunFolder(home.runFolder, `doctor-${randomBytes(8).toString("hex")}`);
  const standIn = startStandIn(DOMAIN);
  const key = `key-${randomBytes(16).toString("hex")}`;
  const isolated = isolate(env);
  try {
    using broker = openBroker({
      home: join(folder.path, "home"),
      profile: parseProfileName(DEFAULT_NAME),
      env: isolated,
      now,
      bundled: { [PROVIDER]: DEFINITION },
    });
    const plan = planLogin(broker, { provider: PROVIDER, force: false });
    storeLogin(broker, plan, parseLoginKey(plan, key));
    const run = await startRun(broker, {
      only: true,
      connectTo: [`:443:127.0.0.1:${standIn.port}`],
      upstreamCa: [folder.write("stand-in.pem", standIn.rootPem)],
    });
    run.settle(Deno.pid);
    try {
      return await tryAll(programs, { run, standIn, key, folder, env: isolated });
    } finally {
      await run.end(0);
    }
  } finally {
    await standIn.close();
    folder.close();
  }
}

/** The environment with a master key for the home that lives as long as this check. */
function isolate(env: Environment): Environment {
  const kept = Object.entries(env).filter(([name]) => !/^AUTHSOME_/i.test(name));
  return { ...Object.fromEntries(kept), AUTHSOME_MASTER_KEY: randomBytes(32).toString("base64") };
}

interface Trial {
  readonly run: Run;
  readonly standIn: StandIn;
  readonly key: string;
  readonly folder: RunFolder;
  /** For what does not go through the run. */
  readonly env: Environment;
}

/** The slow ones first, as the others fit in beside them. */
async function tryAll(
  programs: readonly ClientProgram[],
  trial: Trial,
): Promise<readonly ClientVerdict[]> {
  const waiting = programs.toSorted((a, b) => Number(b.slow ?? false) - Number(a.slow ?? false));
  const verdicts = new Map<ClientProgram, ClientVerdict>();
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const verdict = await tryProgram(next, trial);
      if (verdict !== undefined) verdicts.set(next, verdict);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return programs.flatMap((program) => verdicts.get(program) ?? []);
}

/** `undefined` if the program is not there. */
async function tryProgram(
  program: ClientProgram,
  trial: Trial,
): Promise<ClientVerdict | undefined> {
  const version = await readVersion(program, trial);
  if (version === undefined) return undefined;
  const { folder, run, standIn, key } = trial;
  const work = join("work", program.id);
  const cwd = join(folder.path, work);
  Deno.mkdirSync(cwd, { recursive: true });
  for (const [name, text] of Object.entries(program.files ?? {})) {
    folder.write(join(work, name), text);
  }
  const host = `${program.id}.${DOMAIN}`;
  await runQuietly(program.request(`https://${host}/v1`), {
    env: run.environment,
    cwd,
    timeLimit: program.slow === true ? SLOW_TIME_LIMIT_MS : TIME_LIMIT_MS,
  });
  const seen = standIn.requests.filter((request) => request.host === host);
  return judge(program, {
    version,
    routed: run.tally.of(host).connected > 0,
    trusted: run.tally.of(host).requests > 0,
    injected: seen.some(({ authorization }) => authorization === `Bearer ${key}`),
  });
}

function judge(
  program: ClientProgram,
  facts: Pick<ClientVerdict, "version" | "routed" | "trusted" | "injected">,
): ClientVerdict {
  const { name, toRoute, toTrust } = program;
  const failed = "This is a bug in authsome. Please report it.";
  const fix = !facts.routed ? toRoute : !facts.trusted ? toTrust : facts.injected ? "" : failed;
  return { name, ...facts, fix };
}

async function readVersion(
  { version }: ClientProgram,
  { env, folder }: Trial,
): Promise<string | undefined> {
  const printed = await runQuietly(version, {
    env,
    cwd: folder.path,
    timeLimit: TIME_LIMIT_MS,
  });
  return printed === undefined ? undefined : /\d+(?:\.\d+)+/.exec(printed)?.[0] ?? "?";
}

interface QuietRun {
  readonly env: Environment;
  readonly cwd: string;
  /** Milliseconds; then it is killed. */
  readonly timeLimit: number;
}

/** What the program printed, or `undefined` if it cannot be run or fails. */
async function runQuietly(
  [program = "", ...args]: readonly string[],
  { env, cwd, timeLimit }: QuietRun,
): Promise<string | undefined> {
  try {
    const child = new Deno.Command(program, {
      args,
      cwd,
      env: { ...env },
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      killQuietly(child);
      // Not left to its end: what it has started may hold its output open.
      timeout.reject(new Deno.errors.TimedOut());
    }, timeLimit);
    const output = Promise.race([child.output(), timeout.promise]);
    const { success, stdout, stderr } = await output.finally(() => clearTimeout(timer));
    const texts = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return success ? texts.join("\n") : undefined;
  } catch {
    return undefined;
  }
}

function killQuietly(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It ended a moment ago.
  }
}
