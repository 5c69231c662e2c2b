/**
 * Tries a client inside a run: once at a host with a route and once at one without, with a parent
 * whose company has an authority and a proxy of its own.
 *
 * Theory of operation: every connection that leaves the machine goes to the company's proxy, so a
 * request counts only if the child went to authsome's proxy and authsome went on to the company's.
 * The service's certificate and the other host's are both signed by the company's authority, which
 * the parent's variables name. authsome's own authority is constrained to the hosts with a route:
 * what a client asks the other host for, it can only have got under the host's own certificate.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { startApiOrigin } from "../support/api_origin.ts";
import type { User } from "../support/authsome.ts";
import { issueTestLeaf, testAuthority } from "../support/certificates.ts";
import { startChainProxy } from "../support/chain_proxy.ts";
import type { CommandResult } from "../support/command.ts";
import { RunningProgram } from "../support/running.ts";
import { type Client, CLIENTS_DEFINITION, SERVICES, UNROUTED_HOST } from "./client.ts";
import type { KitFolders } from "./kits.ts";

/** The proxy's own user. */
const COMPANY_USER = "corporate:pass%20word";
const COMPANY_AUTHORIZATION = `Proxy-Authorization: Basic ${btoa("corporate:pass word")}`;

/** How long a client may take, in milliseconds. */
const PATIENCE_MS = 60_000;

/** A server that clients ask. */
interface AskedServer {
  readonly port: number;
  /** Ends it, and gives what it saw of each request. */
  finish(): Promise<readonly string[]>;
}

/** Logs a person in to what the clients need. */
export async function logInTo(user: User, clients: readonly Client[]): Promise<void> {
  const services = new Set(clients.map(({ service = "clients" }) => service));
  for (const name of services) {
    if (name === "clients") await registerClients(user);
    await user.succeed(["login", name, "--stdin"], { stdin: SERVICES[name].secret });
  }
}

async function registerClients(user: User): Promise<void> {
  const file = join(user.folder, "clients.json");
  Deno.writeTextFileSync(file, JSON.stringify(CLIENTS_DEFINITION));
  await user.succeed(["register", file, "--yes"]);
}

/** What came of a trial. */
interface Outcome {
  /** Of the command at the routed host and at the other, in this order; one if the first must fail. */
  readonly results: readonly CommandResult[];
  /** What the routed host saw. */
  readonly routed: readonly string[];
  /** What the other one saw. */
  readonly unrouted: readonly string[];
  /** The heads with which these hosts were asked for at the company's proxy. */
  readonly tunnels: readonly string[];
}

/**
 * Tries one client.
 *
 * @throws {AssertionError} if it does not do what its row says.
 */
export async function tryClient(user: User, client: Client, kits: KitFolders): Promise<void> {
  const outcome = await observe(user, client, kits);
  if (client.fails === undefined) judgeWorking(client, outcome);
  else judgeFailing(client, outcome);
}

async function observe(user: User, client: Client, kits: KitFolders): Promise<Outcome> {
  const { host } = SERVICES[client.service ?? "clients"];
  const folder = Deno.makeTempDirSync({ dir: user.folder });
  const hosts = client.fails === undefined ? [host, UNROUTED_HOST] : [host];
  const service = await startServer(client, { host, kits, folder });
  const other = await startServer(client, { host: UNROUTED_HOST, kits, folder });
  const ports = new Map([[host, service.port], [UNROUTED_HOST, other.port]]);
  const company = await startChainProxy({
    to: (authority) => ports.get(authority.replace(/:443$/, "")),
  });
  const results = await Promise.all(
    hosts.map((host) => runClient(user, client, { host, kits, folder, proxyPort: company.port })),
  );
  const [routed, unrouted] = await Promise.all([service.finish(), other.finish()]);
  await company.close();
  const tunnels = company.heads.filter((head) =>
    hosts.some((host) => head.includes(`${host}:443`))
  );
  return { results, routed, unrouted, tunnels };
}

function judgeWorking(client: Client, { results, routed, unrouted, tunnels }: Outcome): void {
  const { host, seen, secret } = SERVICES[client.service ?? "clients"];
  const report = results.map(({ stdout, stderr }) => `${stdout}${stderr}`).join("\n");
  assert.ok(routed.length > 0, `${host} was not asked: ${report}`);
  assert.ok(unrouted.length > 0, `${UNROUTED_HOST} was not asked: ${report}`);
  for (const request of routed) {
    assert.ok(includes(request, seen), `a request without the credential: ${request}`);
    assert.ok(!includes(request, "proxy-authorization"), request);
  }
  for (const request of unrouted) assert.ok(!includes(request, secret), request);
  for (const head of tunnels) assert.ok(head.includes(COMPANY_AUTHORIZATION), head);
  assert.ok(!report.includes(secret), "the child was told the secret");
  if (client.requestOnly === true) return;
  assert.deepEqual(results.map(({ code }) => code), [0, 0], report);
}

function judgeFailing(client: Client, { results, routed, tunnels }: Outcome): void {
  const { host } = SERVICES[client.service ?? "clients"];
  const { code, stderr = "" } = results[0] ?? {};
  assert.deepEqual(routed, [], "its row says that its requests do not arrive");
  assert.notEqual(code, 0);
  if (client.fails?.at !== "trust") return assert.deepEqual(tunnels, []);
  assert.ok(stderr.includes(`refused the run's certificate for ${host}`), stderr);
}

/** Header names come in any case. */
function includes(request: string, text: string): boolean {
  return request.toLowerCase().includes(text.toLowerCase());
}

interface Place {
  readonly host: string;
  readonly kits: KitFolders;
  /** A folder of this trial's own. */
  readonly folder: string;
}

async function runClient(
  user: User,
  client: Client,
  { host, kits, folder, proxyPort }: Place & { readonly proxyPort: number },
): Promise<CommandResult> {
  const home = join(folder, host);
  Deno.mkdirSync(home);
  writeFiles(client, home, host);
  const authority = join(home, "company.pem");
  Deno.writeTextFileSync(authority, (await testAuthority()).certPem);
  const env = {
    HOME: home,
    USERPROFILE: home,
    HTTPS_PROXY: `http://${COMPANY_USER}@127.0.0.1:${proxyPort}`,
    SSL_CERT_FILE: authority,
    NODE_EXTRA_CA_CERTS: authority,
    DENO_CERT: authority,
    RUSTUP_HOME: Deno.env.get("RUSTUP_HOME") ?? join(Deno.env.get("HOME") ?? "", ".rustup"),
    ...await client.parent?.(authority),
  };
  const command = client.command(`https://${host}/v1`, kits);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return await user.authsome(["run", "--", ...command], { env, cwd: home, signal });
}

/** Writes the files that a client's command reads. */
export function writeFiles({ files = {} }: Client, folder: string, host: string): void {
  for (const [name, text] of Object.entries(files)) {
    Deno.mkdirSync(join(folder, name, ".."), { recursive: true });
    Deno.writeTextFileSync(join(folder, name), text.replaceAll("HOST", host));
  }
}

async function startServer(client: Client, place: Place): Promise<AskedServer> {
  if (client.grpc === true) return await startGrpcServer(place);
  const { origin, requests, close } = await startApiOrigin(place.host);
  return {
    port: origin.port,
    finish: async () => {
      await close();
      return requests;
    },
  };
}

/** The Go program prints its port, and then a line for each call. */
async function startGrpcServer({ host, kits, folder }: Place): Promise<AskedServer> {
  const { certPem, keyPem } = await issueTestLeaf(host);
  const [cert, key] = [join(folder, `${host}.crt`), join(folder, `${host}.key`)];
  Deno.writeTextFileSync(cert, certPem);
  Deno.writeTextFileSync(key, keyPem);
  const server = new RunningProgram([join(kits.go, "clients"), "grpc-serve", cert, key], {});
  const port = await server.readUntil("\n");
  return {
    port: Number(port),
    finish: async () => {
      await server.finish();
      return server.text.slice(port.length).split("\n").filter((line) => line !== "");
    },
  };
}
