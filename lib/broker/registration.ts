/**
 * Registering a definition of one's own: what it would do is shown first, then it is installed.
 *
 * @module
 */

import { parseDefinitionText } from "../definition.ts";
import { AuthsomeError } from "../errors.ts";
import type { Placement, Provider } from "../provider.ts";
import { createPrivateFolder, writeFileAtomic } from "../vault/private_file.ts";
import type { Broker } from "./broker.ts";

/** A checked definition that is not installed yet. */
export interface Registration {
  readonly provider: Provider;
  /** The file's text, which is installed as it is. */
  readonly text: string;
  /** What it takes the place of. */
  readonly replaces: "bundled" | "custom" | null;
  /** How many connections of this profile were made under the definition that it replaces. */
  readonly connections: number;
}

/** Largest definition that is read, in bytes. */
const LARGEST_FILE = 1024 * 1024;

/**
 * Reads and checks a definition file.
 *
 * @throws {AuthsomeError} `usage` if it cannot be read or is not valid, naming the field;
 * `already_exists` if the name is taken and not `force`.
 */
export function readRegistration(
  broker: Broker,
  path: string,
  options: { readonly force: boolean },
): Registration {
  const text = readDefinitionFile(path);
  const provider = parseDefinitionText(text, path);
  const replaces = broker.registry.entry(provider.name)?.source ?? null;
  if (replaces !== null && !options.force) throw nameTaken(provider, replaces, path);
  const connections = broker.vault.connections(broker.profile, provider.name).length;
  return { provider, text, replaces, connections };
}

/**
 * Installs a definition; it wins over a bundled one from now on.
 *
 * @returns The installed file.
 * @throws {AuthsomeError} `vault_unavailable` if it cannot be written.
 */
export function installRegistration(broker: Broker, { provider, text }: Registration): string {
  const { providersFolder } = broker.home;
  const path = `${providersFolder}/${provider.name}.json`;
  broker.trail.open();
  createPrivateFolder(providersFolder);
  writeFileAtomic(path, text);
  broker.trail.append({ event: "register", provider: provider.name, outcome: "ok" });
  return path;
}

/** Everything about a definition that a person should know before agreeing to it. */
export interface Disclosure {
  /** Where the credential will be sent. */
  readonly hosts: readonly string[];
  /** How it travels there. */
  readonly credential: string;
  /** OAuth endpoints by name; they see codes, tokens and the client's secret. */
  readonly endpoints: readonly (readonly [string, string])[];
  /** Variables that a child or `export` will have. */
  readonly variables: readonly string[];
  /** Variables that are read. */
  readonly reads: readonly string[];
}

/** Says where credentials go under a definition. */
export function discloseProvider(provider: Provider): Disclosure {
  const { oauth, apiKey, client } = provider;
  const endpoints = [
    ["authorization", oauth?.authorizationUrl],
    ["token", oauth?.tokenUrl],
    ["device", oauth?.deviceAuthorizationUrl],
    ["registration", oauth?.registrationEndpoint],
    ["revocation", oauth?.revocationUrl],
  ] as const;
  return {
    hosts: provider.apiUrls,
    credential: describePlacement(provider.placement),
    endpoints: endpoints.flatMap(([name, url]) => url === undefined ? [] : [[name, url] as const]),
    variables: provider.exports.flatMap((entry) => entry.variables),
    reads: [apiKey.envVar, client.idEnv, client.secretEnv].filter((name) => name !== undefined),
  };
}

function describePlacement(placement: Placement): string {
  switch (placement.kind) {
    case "header":
      return `in the header ${placement.name}: ${`${placement.prefix} …`.trimStart()}`;
    case "query":
      return `in the query parameter ${placement.name}`;
    case "basic":
      return "as HTTP Basic user name and password";
    case "sigv4":
      return "as AWS signatures (Version 4); the secret key itself is never sent";
    default:
      return placement satisfies never;
  }
}

function readDefinitionFile(path: string): string {
  const unreadable = (problem: string, cause?: unknown): AuthsomeError =>
    new AuthsomeError("usage", `${path} ${problem}.`, {
      hint: "Name a file with a provider definition: authsome register FILE",
      cause,
    });
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw unreadable("is not a file");
    if (size > LARGEST_FILE) throw unreadable("is larger than 1 MiB");
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof AuthsomeError) throw error;
    if (error instanceof Deno.errors.NotFound) throw unreadable("does not exist", error);
    throw unreadable("cannot be read", error);
  }
}

function nameTaken(
  { name }: Provider,
  source: "bundled" | "custom",
  path: string,
): AuthsomeError {
  const message = source === "bundled"
    ? `'${name}' is a provider that comes with authsome.`
    : `'${name}' is registered already.`;
  return new AuthsomeError("already_exists", message, {
    hint: `To put this definition in its place: authsome register ${path} --force`,
  });
}
