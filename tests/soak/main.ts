/**
 * `deno task soak [--connections N] [--hostile N] [--gigabytes N]`: opens thousands of connections
 * through a run of authsome (from source, or the binary that AUTHSOME_BIN names) and looks at what
 * its process holds; then the same with hostile clients and with large transfers. Ends with status 1
 * if the last quarter holds more than the first.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { withUser } from "../support/authsome.ts";
import { runCommand } from "../support/command.ts";
import { buildGoPeers, startServer, withPeerFolder } from "../support/peers.ts";
import { type Holdings, type ObservedRun, startObservedRun } from "./run.ts";

const HOST = "api.openai.com";
const MEGABYTE = 1024 * 1024;
/** Looks at the process while connections are opened. */
const STEPS = 20;
/** What the last quarter may hold more than the first: memory in bytes, descriptors. */
const MORE_MEMORY = 12 * MEGABYTE;
const MORE_DESCRIPTORS = 4;
/** What a transfer of a gigabyte may add to the most that was ever held, in bytes. */
const TRANSFER_MEMORY = 96 * MEGABYTE;

function tell(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

function fail(reason: string): void {
  tell(`FAILED: ${reason}`);
  Deno.exitCode = 1;
}

function describe({ memory, peak, descriptors, threads }: Holdings): string {
  const [now, most] = [memory, peak].map((bytes) => (bytes / MEGABYTE).toFixed(1));
  return `${now} MB (at most ${most}), ${descriptors} descriptors, ${threads} threads`;
}

/** What the tests are made with. */
interface Scene {
  readonly program: string;
  readonly port: number;
  readonly run: ObservedRun;
}

/**
 * Opens connections of a mix, step by step, and compares the ends of the quarters. `before`: steps
 * that are not compared.
 */
async function connectOften(
  mix: string,
  count: number,
  { before = 0, ...scene }: Scene & { readonly before?: number },
): Promise<void> {
  const { program, port, run } = scene;
  const looks: Holdings[] = [];
  for (let step = 1 - before; step <= STEPS; step++) {
    const share = Math.round(count / STEPS);
    const command = [
      program,
      "soak",
      mix,
      String(share),
      `127.0.0.1:${port}`,
      run.caFiles.join(","),
    ];
    const env = { PATH: Deno.env.get("PATH") ?? "", HTTPS_PROXY: run.proxy };
    const { code, stdout, stderr } = await runCommand(command, { env });
    if (code !== 0) throw new Error(stderr);
    if (stdout.trim() !== "{}") fail(`${mix}: ${stdout.trim()}`);
    const look = await run.look();
    if (step > 0) looks.push(look);
    tell(`${mix}, ${(before + step) * share} connections: ${describe(look)}`);
  }
  const quarter = STEPS / 4;
  const [first, last] = [looks.slice(0, quarter), looks.slice(-quarter)];
  compare(mix, middle(first), middle(last));
}

function middle(looks: readonly Holdings[]): Holdings {
  const of = (field: keyof Holdings): number => {
    const values = looks.map((look) => look[field]).sort((a, b) => a - b);
    return values[values.length >> 1] ?? 0;
  };
  return {
    memory: of("memory"),
    peak: of("peak"),
    descriptors: of("descriptors"),
    threads: of("threads"),
  };
}

function compare(what: string, first: Holdings, last: Holdings): void {
  tell(`${what}, first quarter: ${describe(first)}`);
  tell(`${what}, last quarter:  ${describe(last)}`);
  if (last.memory - first.memory > MORE_MEMORY) fail(`${what}: memory grows`);
  if (last.descriptors - first.descriptors > MORE_DESCRIPTORS) fail(`${what}: descriptors stay`);
}

/** Large transfers with curl, each way, over both versions of HTTP, and to a slow reader. */
async function transfer(gigabytes: number, folder: string, { run }: Scene): Promise<void> {
  const bytes = gigabytes * 1024 * MEGABYTE;
  const file = join(folder, "large");
  await Deno.writeFile(file, new Uint8Array(0));
  await Deno.truncate(file, bytes);
  const before = await run.look();
  for (const version of ["--http1.1", "--http2"]) {
    const curl = ["curl", "-sS", version, "-x", run.proxy, "--cacert", run.caFiles[0]];
    const transfers: readonly (readonly [what: string, args: readonly string[]])[] = [
      ["download", ["-o", "/dev/null", `https://${HOST}/bytes/${bytes}`]],
      ["upload", ["-o", "/dev/null", "-T", file, `https://${HOST}/upload`]],
      ["slow download", [
        ...["--limit-rate", "1M", "--max-time", "10", "-o", "/dev/null"],
        `https://${HOST}/bytes/${bytes}`,
      ]],
    ];
    for (const [what, args] of transfers) {
      const { stderr } = await runCommand([...curl, ...args]);
      tell(`${what} ${version}: ${describe(await run.look())} ${stderr.trim()}`);
    }
  }
  const grown = (await run.look()).peak - before.peak;
  if (grown > TRANSFER_MEMORY) fail(`transfers took ${Math.round(grown / MEGABYTE)} MB more`);
}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    connections: { type: "string", default: "50000" },
    hostile: { type: "string", default: "1500" },
    gigabytes: { type: "string", default: "1" },
  },
});
await withPeerFolder((folder) =>
  withUser(async (user) => {
    const { peers: program } = await buildGoPeers();
    const file = (name: string): string => join(folder, name);
    const server = await startServer([program, "http-serve", file("cert.pem"), file("key.pem")]);
    const run = await startObservedRun(user, { port: server.port, caFile: file("ca.pem") });
    const scene = { program, port: server.port, run };
    tell(`at the start: ${describe(await run.look())}`);
    await connectOften("ordinary", Number(values.connections), scene);
    // What floods and large heads may take at one time is reached only after some of them.
    await connectOften("hostile", Number(values.hostile), { ...scene, before: STEPS / 4 });
    if (Number(values.gigabytes) > 0) await transfer(Number(values.gigabytes), folder, scene);
    await run.close();
    await server.close();
  }), HOST);
