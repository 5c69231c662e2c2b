/**
 * Real HTTP/2 and gRPC programs for tests: servers on loopback, and clients that are run once
 * directly and once through a proxy under test, so that what they saw can be compared.
 *
 * @module
 */

import { basename, join } from "node:path";
import { issueTestLeaf, testAuthority } from "./certificates.ts";
import { openKit } from "./client_tools.ts";
import { runCommand } from "./command.ts";
import { CANARY, ROUTED_HOST, startTestProxy, TOKEN } from "./proxy.ts";

/** Where the programs' sources are. */
const PEERS = join(import.meta.dirname ?? ".", "../fixtures/peers");

const CONFIG = join(import.meta.dirname ?? ".", "../deno.json");

/** How long a client may take for all its exchanges, in milliseconds. */
const PATIENCE_MS = 60_000;

/** What a comparison is made with. */
export interface Comparison {
  /** The folder that certificates and programs are in: `ca.pem`, `cert.pem`, `key.pem`. */
  readonly folder: string;
  /** The server; it prints its port and ends when its standard input does. */
  readonly server: readonly string[];
  /** Whether the proxy masks the credential in answers; default: yes. */
  readonly redact?: boolean;
  /** The client of the server at `address` (directly) or behind the proxy at `proxy`. */
  readonly client: (where: { readonly address?: string; readonly proxy?: string }) => {
    readonly command: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  };
}

/** Makes a folder with a certificate for a host, for the length of a test. */
export async function withPeerFolder(
  use: (folder: string) => Promise<void>,
  host = ROUTED_HOST,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "authsome-test-" });
  try {
    const leaf = await issueTestLeaf(host);
    await Deno.writeTextFile(join(folder, "ca.pem"), (await testAuthority()).certPem);
    await Deno.writeTextFile(join(folder, "cert.pem"), leaf.certPem);
    await Deno.writeTextFile(join(folder, "key.pem"), leaf.keyPem);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The Go programs, built once for a state of their sources. */
export interface GoPeers {
  /** Path of the one binary of our own. */
  readonly peers: string;
  readonly h2spec: string;
}

/** Builds the Go programs, or finds them built. */
export async function buildGoPeers(): Promise<GoPeers> {
  const names = [...Deno.readDirSync(PEERS)].map(({ name }) => name).sort();
  const sources = names.filter((name) => /\.go$|^go\./.test(name));
  const folder = await openKit({
    name: "peers",
    programs: ["go"],
    contents: [],
    files: Object.fromEntries(sources.map((name) => [name, readTextOf(name)])),
    commands: () => [
      ["go", "build", "-o", "peers", "."],
      ["go", "build", "-o", "h2spec", "github.com/summerwind/h2spec/cmd/h2spec"],
    ],
  }, "install");
  if (folder === undefined) throw new Error("The Go peers cannot be built.");
  return { peers: join(folder, "peers"), h2spec: join(folder, "h2spec") };
}

function readTextOf(name: string): string {
  return Deno.readTextFileSync(join(PEERS, name));
}

/** Bundles a script of the peers into `folder`, so that Node can run it without a package. */
export async function bundlePeer(script: string, folder: string): Promise<string> {
  const output = join(folder, `${basename(script, ".ts")}.mjs`);
  const options = ["--quiet", "--config", CONFIG, "--platform", "deno", "-o", output];
  const command = [Deno.execPath(), "bundle", ...options, join(PEERS, script)];
  const { code, stderr } = await runCommand(command);
  if (code !== 0) throw new Error(`deno bundle failed: ${stderr}`);
  return output;
}

/** A server program on loopback. */
export interface RunningServer {
  readonly port: number;
  /** Ends it by ending its standard input. */
  close(): Promise<void>;
}

/** Starts a program that prints its port. */
export async function startServer(
  [program = "", ...args]: readonly string[],
): Promise<RunningServer> {
  const command = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  });
  const server = command.spawn();
  const reader = server.stdout.getReader();
  const port = Number(new TextDecoder().decode((await reader.read()).value));
  return {
    port,
    close: async () => {
      await server.stdin.close();
      await reader.cancel();
      await server.status;
    },
  };
}

/** What becomes of the credential in an answer. */
export const MASKED: string = "*".repeat(CANARY.length);

function masked(seen: unknown): unknown {
  return JSON.parse(JSON.stringify(seen).replaceAll(CANARY, MASKED));
}

/**
 * Runs the client directly with the real credential and through a proxy with a placeholder.
 *
 * @returns what it printed, parsed; what it saw directly with the credential masked, if it is so
 * behind the proxy.
 */
export async function compareClient(
  comparison: Comparison,
): Promise<{ readonly direct: unknown; readonly proxied: unknown }> {
  const { folder, client, redact = true } = comparison;
  const server = await startServer(comparison.server);
  const proxy = await startTestProxy({ origins: { [ROUTED_HOST]: server.port }, redact });
  const see = async (run: ReturnType<Comparison["client"]>, secret: string): Promise<unknown> => {
    const env = { PATH: Deno.env.get("PATH") ?? "", HOME: folder, ...run.env };
    const result = await runCommand(run.command, {
      env: { ...env, TEST_AUTHORIZATION: `Bearer ${secret}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (result.code !== 0) throw new Error(`${run.command[0]}: ${result.stderr}`);
    return JSON.parse(result.stdout);
  };
  try {
    const direct = await see(client({ address: `127.0.0.1:${server.port}` }), CANARY);
    const url = `http://authsome:${TOKEN}@127.0.0.1:${proxy.port}`;
    const proxied = await see(client({ proxy: url }), "authsome-proxy-managed");
    return { direct: redact ? masked(direct) : direct, proxied };
  } finally {
    await server.close();
    await proxy.close();
  }
}
