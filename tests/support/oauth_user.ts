/**
 * A person who logs in with OAuth: a definition for the test's authorization server, logins that
 * wait for a browser, and the browser's part of them.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { TestAuthorizationServer } from "./authorization_server.ts";
import { authsomeCommand, type User, withUser } from "./authsome.ts";
import { testAuthority } from "./certificates.ts";
import type { CommandResult } from "./command.ts";
import { withServer } from "./oauth.ts";
import { browse, type Decision } from "./user_agent.ts";

/** Host of the service whose tokens the test's server grants. */
export const API_HOST = "api.acme.example";

/** The variable that tools read its token from. */
export const TOKEN_VARIABLE = "ACME_TOKEN";

/** A definition of the service, with fields of its `oauth` section changed. */
export function acmeDefinition(
  { issuer }: Pick<TestAuthorizationServer, "issuer">,
  oauth: Readonly<Record<string, unknown>> = {},
  rest: Readonly<Record<string, unknown>> = {},
): object {
  return {
    schema_version: 1,
    name: "acme",
    display_name: "Acme",
    auth_type: "oauth2",
    flow: "pkce",
    api_url: API_HOST,
    docs: "https://acme.example/docs",
    oauth: {
      authorization_url: `${issuer}/auth`,
      token_url: `${issuer}/token`,
      revocation_url: `${issuer}/token/revocation`,
      device_authorization_url: `${issuer}/device/auth`,
      registration_endpoint: `${issuer}/reg`,
      scopes: ["openid", "email", "offline_access"],
      supports_device_code: true,
      supports_dcr: true,
      authorization_params: { prompt: "consent" },
      ...oauth,
    },
    client: { client_id_env: "ACME_CLIENT_ID", client_secret_env: "ACME_CLIENT_SECRET" },
    export: { env: { access_token: TOKEN_VARIABLE } },
    ...rest,
  };
}

/** What authsome needs to trust the test's server. */
export async function trusting(user: User): Promise<Readonly<Record<string, string>>> {
  const file = `${user.folder}/authority.pem`;
  await Deno.writeTextFile(file, (await testAuthority()).certPem);
  return { SSL_CERT_FILE: file };
}

/** Registers a definition of the service. */
export async function registerAcme(user: User, definition: object): Promise<void> {
  const file = `${user.folder}/acme.json`;
  await Deno.writeTextFile(file, JSON.stringify(definition));
  await user.succeed(["register", file, "--yes", "--force"]);
}

/** A login that is under way. */
export class RunningLogin {
  readonly #child: Deno.ChildProcess;
  readonly #stderr: ReadableStreamDefaultReader<string>;
  #printed = "";
  #taken = 0;

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#stderr = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Process number. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Waits for something on stderr and gives what it captured. */
  async see(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#printed.slice(this.#taken));
      if (match !== null) {
        this.#taken += match.index + match[0].length;
        return match[1] ?? match[0];
      }
      const { value, done } = await this.#stderr.read();
      if (done) throw new Error(`The login ended: ${this.#printed}`);
      this.#printed += value;
    }
  }

  /** The address where the person signs in. */
  async authorizationUrl(): Promise<URL> {
    return new URL(await this.see(/Log in to Acme here: (\S+)\n/));
  }

  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  /** Everything it printed, once it has ended. */
  async ended(): Promise<CommandResult> {
    const rest = async (): Promise<void> => {
      for (let part = await this.#stderr.read(); !part.done; part = await this.#stderr.read()) {
        this.#printed += part.value;
      }
    };
    const [stdout, { code }] = await Promise.all([
      new Response(this.#child.stdout).text(),
      this.#child.status,
      rest(),
    ]);
    return { code, stdout, stderr: this.#printed };
  }
}

/** Starts `authsome login acme …` without a terminal. */
export async function startOAuthLogin(
  user: User,
  args: readonly string[],
  { stdin, env = {} }: {
    readonly stdin?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<RunningLogin> {
  const [program = "", ...words] = authsomeCommand();
  const child = new Deno.Command(program, {
    args: [...words, "login", "acme", ...args],
    env: { ...user.env, ...await trusting(user), ...env },
    clearEnv: true,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  return new RunningLogin(child);
}

/** Signs in and answers; gives the address of the callback that the browser is sent to. */
export async function signIn(
  server: TestAuthorizationServer,
  url: URL,
  decision: Decision = "allow",
): Promise<URL> {
  const destination = url.searchParams.get("redirect_uri") ?? "";
  return await browse(server.fetch, url, { decision, destination });
}

/** Opens an address as a browser that was sent there; gives what it shows. */
export async function follow(
  address: string | URL,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(address);
  return { status: response.status, text: await response.text() };
}

/**
 * Enters a device code as a person would.
 *
 * @param visit `<address> and enter the code <code>`
 */
export async function enterDeviceCode(
  server: TestAuthorizationServer,
  visit: string,
  decision: Decision,
): Promise<void> {
  const [address = "", code = ""] = visit.split(" and enter the code ");
  const url = new URL(address);
  url.searchParams.set("user_code", code);
  await browse(server.fetch, url, { decision, destination: "none:" });
}

/** Logs in from the command to the connection. */
export async function logInWithOAuth(
  user: User,
  server: TestAuthorizationServer,
  args: readonly string[] = ["--client-id", "public-client", "--redirect-port", "0"],
): Promise<CommandResult> {
  const login = await startOAuthLogin(user, args);
  const back = await signIn(server, await login.authorizationUrl());
  await follow(back);
  return await login.ended();
}

/** What happens to a person and a server. */
export type Scene = (user: User, server: TestAuthorizationServer) => Promise<void>;

/** A test of a person with a definition of a service whose authorization server runs. */
export function withScene(
  scene: Scene,
  oauth: Readonly<Record<string, unknown>> = {},
  options: { readonly lifeS?: number } = {},
): () => Promise<void> {
  return () =>
    withServer((server) =>
      withUser(async (user) => {
        await registerAcme(user, acmeDefinition(server, oauth));
        await scene(user, server);
      }), options);
}

/** A sealed field of the person's connection. */
export async function secretOf(user: User, field: string, connection = "default"): Promise<string> {
  const args = ["get", "acme", "--connection", connection, "--field", field, "--show-secret"];
  return (await user.succeed(args, { env: await trusting(user) })).trim();
}

/** Fails if there is a connection. */
export async function assertNothingStored(user: User): Promise<void> {
  await user.fail(5, ["get", "acme"]);
  const { document } = await user.json(["list", "--connected"]);
  assert.deepEqual(document.providers, []);
}
