/**
 * The environment of a run's child: the parent's, led through the proxy, with placeholders in place
 * of credentials and without authsome's own secrets.
 *
 * @module
 */

import type { Hostname } from "../hostname.ts";
import { CLIENT_VARIABLES, type ClientValue, spellingsOf } from "./client_variables.ts";
import { createNoProxy } from "./no_proxy.ts";

/** Names to values. */
type Environment = Readonly<Record<string, string>>;

/** Paths of the files in the run's folder that variables point to. */
export interface ClientFiles {
  /** PEM of every root to trust. */
  readonly completeBundle: string;
  /** PEM of the roots to trust besides a client's own. */
  readonly additionalRoots: string;
  /** Settings for wget. */
  readonly wgetrc: string;
  /** Folder of PHP settings. */
  readonly phpFolder: string;
  /** Script for Node versions that do not read HTTPS_PROXY; absent: not preloaded. */
  readonly nodePreload?: string;
  /** PKCS #12 file for Java; absent: Java is left alone. */
  readonly javaTrustStore?: string;
}

/** What a child's environment is made from. */
export interface ChildEnvironmentOptions {
  /** The parent's environment. */
  readonly parent: Environment;
  /** `http://authsome:<token>@127.0.0.1:<port>`. */
  readonly proxyUrl: string;
  readonly files: ClientFiles;
  /** Provider variables and what the child sees in them. */
  readonly placeholders: Environment;
  /** What NO_PROXY must not cover; see {@link createNoProxy}. */
  readonly routedHosts: readonly Hostname[];
  /** Default: this one. */
  readonly os?: typeof Deno.build.os;
}

/** Our own variables that a child may see: they say where, not what. All others are removed. */
const KEPT_OWN_VARIABLES = ["AUTHSOME_HOME", "AUTHSOME_PROFILE"];

/** Makes the complete environment; spawn the child with nothing beside it. */
export function createChildEnvironment(options: ChildEnvironmentOptions): Record<string, string> {
  const os = options.os ?? Deno.build.os;
  const child = new Variables(options.parent, os === "windows");
  child.deleteMatching((name) => /^AUTHSOME_/i.test(name) && !KEPT_OWN_VARIABLES.includes(name));
  const noProxy = createNoProxy([
    child.get("NO_PROXY") ?? "",
    child.get("no_proxy") ?? "",
  ], options.routedHosts);
  for (const row of CLIENT_VARIABLES) {
    for (const name of os === "windows" ? [row.name] : spellingsOf(row)) {
      const inherited = child.get(name);
      if (row.when === "replaces" && (inherited ?? "") === "") continue;
      child.set(name, valueOf(row.value, inherited, { ...options, os, noProxy }));
    }
  }
  addGitProxy(child, options.proxyUrl);
  for (const [name, value] of Object.entries(options.placeholders)) child.set(name, value);
  return child.toRecord();
}

interface ValueContext extends ChildEnvironmentOptions {
  readonly os: typeof Deno.build.os;
  readonly noProxy: string;
}

/** @returns `undefined` to leave the variable out. */
function valueOf(
  value: ClientValue,
  inherited: string | undefined,
  context: ValueContext,
): string | undefined {
  const { files } = context;
  switch (value) {
    case "proxy_url":
      return context.proxyUrl;
    case "no_proxy":
      return context.noProxy === "" ? undefined : context.noProxy;
    case "complete_bundle":
      return files.completeBundle;
    case "additional_roots":
      return files.additionalRoots;
    case "wgetrc":
      return files.wgetrc;
    case "php_scan_folders":
      return phpScanFolders(inherited, context);
    case "node_options":
      return extendOptions(withoutOuterPreload(inherited), nodeOptions(files));
    case "java_options":
      return extendOptions(inherited, javaOptions(context));
    case "basic":
      return "basic";
    case "one":
      return "1";
    case "nothing":
      return undefined;
    default:
      return value satisfies never;
  }
}

function extendOptions(
  inherited: string | undefined,
  ours: readonly string[],
): string | undefined {
  if (ours.length === 0) return inherited;
  // Ours last: where an option is given twice, the later one wins.
  return [...inherited === undefined ? [] : [inherited], ...ours].join(" ");
}

/** An empty element stands for the folder that PHP was built with. */
function phpScanFolders(inherited: string | undefined, { os, files }: ValueContext): string {
  return [inherited ?? "", files.phpFolder].join(os === "windows" ? ";" : ":");
}

/** The preload of a run around this one: a sandbox hides the file, and Node would not start. */
function withoutOuterPreload(inherited: string | undefined): string | undefined {
  const rest = inherited?.replace(OUTER_PRELOAD, "").trim();
  return rest === "" ? undefined : rest;
}

const OUTER_PRELOAD = /--require "[^"]*[/\\]run[/\\]+[0-9a-f]{16}[/\\]+node-preload\.cjs"/g;

function nodeOptions({ nodePreload }: ClientFiles): readonly string[] {
  if (nodePreload === undefined) return [];
  // Node splits at spaces outside double quotes, and reads `\` inside them as an escape.
  return [`--require "${nodePreload.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`];
}

/** Java cannot send the token: its sockets are recognised by the process that owns them. */
function javaOptions({ files, proxyUrl, noProxy }: ValueContext): readonly string[] {
  if (files.javaTrustStore === undefined) return [];
  const { hostname, port } = new URL(proxyUrl);
  const properties: Readonly<Record<string, string>> = {
    "http.proxyHost": hostname,
    "http.proxyPort": port,
    "https.proxyHost": hostname,
    "https.proxyPort": port,
    "http.nonProxyHosts": javaNonProxyHosts(noProxy),
    "javax.net.ssl.trustStore": files.javaTrustStore,
    "javax.net.ssl.trustStoreType": "PKCS12",
    "javax.net.ssl.trustStorePassword": "",
  };
  return Object.entries(properties).map(([name, value]) => `-D${name}=${quoteForJava(value)}`);
}

/** The Java launcher splits at white space outside quotes, and knows no escapes. */
function quoteForJava(value: string): string {
  if (!/[\s"']/.test(value)) return value;
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

/** Java separates by `|`, takes `*` at either end, brackets IPv6, and knows no address blocks. */
function javaNonProxyHosts(noProxy: string): string {
  const entries = noProxy.split(",").filter((entry) => entry !== "" && !entry.includes("/"));
  return entries.flatMap((entry) => {
    if (/^[^:]*:[^:]*:/.test(entry)) return [`[${entry.replace(/^\[|\]$/g, "")}]`];
    const name = entry.replace(/:\d+$/, "");
    if (/^[\d.]+$/.test(name)) return [name];
    const domain = name.replace(/^\*?\./, "");
    return [domain, `*.${domain}`];
  }).join("|");
}

/** A proxy in git's own settings would win over HTTPS_PROXY; settings in variables win over both. */
function addGitProxy(child: Variables, proxyUrl: string): void {
  const count = Number(child.get("GIT_CONFIG_COUNT") ?? "0");
  if (!Number.isSafeInteger(count) || count < 0) return;
  child.set("GIT_CONFIG_COUNT", String(count + 1));
  child.set(`GIT_CONFIG_KEY_${count}`, "http.proxy");
  child.set(`GIT_CONFIG_VALUE_${count}`, proxyUrl);
}

/** Environment variables with the system's idea of when two names are the same. */
class Variables {
  readonly #values: Map<string, { readonly name: string; readonly value: string }>;
  readonly #ignoreCase: boolean;

  constructor(values: Environment, ignoreCase: boolean) {
    this.#ignoreCase = ignoreCase;
    const entries = Object.entries(values).map(([name, value]) => ({ name, value }));
    this.#values = new Map(entries.map((entry) => [this.#key(entry.name), entry]));
  }

  get(name: string): string | undefined {
    return this.#values.get(this.#key(name))?.value;
  }

  /** `undefined` removes. */
  set(name: string, value: string | undefined): void {
    if (value === undefined) this.#values.delete(this.#key(name));
    else this.#values.set(this.#key(name), { name, value });
  }

  deleteMatching(matches: (name: string) => boolean): void {
    for (const [key, { name }] of this.#values) if (matches(name)) this.#values.delete(key);
  }

  toRecord(): Record<string, string> {
    return Object.fromEntries([...this.#values.values()].map(({ name, value }) => [name, value]));
  }

  #key(name: string): string {
    return this.#ignoreCase ? name.toUpperCase() : name;
  }
}
