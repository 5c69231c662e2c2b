/**
 * The roots the child is to trust: the system's, those the parent trusts, and the run's own.
 *
 * Theory of operation: a variable that names our bundle hides what the parent's variable of the
 * same kind named, and for most clients the system's roots as well. So the complete bundle holds
 * all of it. Clients that add to their own roots get the short file instead.
 *
 * macOS keeps roots that a person or a company added in the keychain only. Asking it (`security
 * find-certificate`) takes longer than the whole start of a run, so there the bundle is Homebrew's,
 * which holds those roots too, or the system's file, which does not.
 *
 * @module
 */

import { delimiter, join } from "node:path";
import { CLIENT_VARIABLES, type ClientValue, spellingsOf } from "./client_variables.ts";
import { readRootPathsInSettings } from "./settings_roots.ts";

/** What the bundles are made from. */
export interface TrustOptions {
  /** The parent's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** PEM of the run's root. */
  readonly rootPem: string;
  /** Where the system's roots may be; the first file that can be read counts. Default: by system. */
  readonly systemBundles?: readonly string[];
  /** Files of roots that clients' settings name. Default: by looking into those settings. */
  readonly rootsInSettings?: readonly string[];
}

/** PEM texts for the child. */
export interface TrustBundles {
  /** Every root to trust. */
  readonly complete: string;
  /** The run's root, and those the parent adds to a client's own. */
  readonly additional: string;
}

const SYSTEM_BUNDLES: Partial<Record<typeof Deno.build.os, readonly string[]>> = {
  linux: [
    "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch, Alpine, Gentoo, NixOS
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt", // older Fedora and RHEL, Amazon Linux
    "/etc/ssl/ca-bundle.pem", // SUSE
    "/etc/ssl/cert.pem", // Alpine without the package
  ],
  darwin: [
    "/opt/homebrew/etc/ca-certificates/cert.pem",
    "/usr/local/etc/ca-certificates/cert.pem",
    "/etc/ssl/cert.pem",
  ],
};

/** Folders that hold the same roots as a system bundle, one per file. */
const SYSTEM_FOLDERS = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/** A certificate in PEM; other blocks of a file, private keys above all, are never copied. */
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Makes the bundles. Files that the parent names and that cannot be read are left out. */
export async function createTrustBundles(options: TrustOptions): Promise<TrustBundles> {
  const { env, rootPem } = options;
  const files = new RootFiles();
  const systemBundles = options.systemBundles ?? SYSTEM_BUNDLES[Deno.build.os] ?? [];
  const system = systemBundles.map((path) => files.read(path)).find((found) => found.length > 0);
  const additional = pathsNamedBy("additional_roots", env).flatMap((path) => files.read(path));
  const named = pathsNamedBy("complete_bundle", env);
  const folders = (env["SSL_CERT_DIR"] ?? "").split(delimiter);
  const inSettings = options.rootsInSettings ?? readRootPathsInSettings(env);
  const others = [...named, ...folders, ...inSettings].flatMap((path) => files.read(path));
  return {
    complete: joinCertificates([
      ...system ?? await readBuiltInRoots(),
      ...additional,
      ...others,
      rootPem,
    ]),
    additional: joinCertificates([...additional, rootPem]),
  };
}

/** The paths in the parent's variables of one kind. */
function pathsNamedBy(value: ClientValue, env: Readonly<Record<string, string>>): string[] {
  return CLIENT_VARIABLES.filter((row) => row.value === value)
    .flatMap(spellingsOf)
    .flatMap((name) => env[name] ?? []);
}

/**
 * The roots that SSL_CERT_FILE and SSL_CERT_DIR add to the system's, for authsome's own connections.
 *
 * @returns PEM, one certificate each.
 */
export function readOwnRoots(env: Readonly<Record<string, string>>): readonly string[] {
  const files = new RootFiles();
  const folders = (env["SSL_CERT_DIR"] ?? "").split(delimiter);
  const own = [env["SSL_CERT_FILE"] ?? "", ...folders].flatMap((path) => files.read(path));
  const bundles = SYSTEM_BUNDLES[Deno.build.os] ?? [];
  const system = new Set(own.length === 0 ? [] : bundles.flatMap((path) => files.read(path)));
  return own.filter((certificate) => !system.has(certificate));
}

/** Reads certificates, each file once however many variables and links lead to it. */
class RootFiles {
  readonly #read = new Map<string, readonly string[]>();

  /** The certificates of a file or of a folder's files; nothing if it cannot be read. */
  read(path: string): readonly string[] {
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const certificates = this.#readAnew(path);
    this.#read.set(path, certificates);
    return certificates;
  }

  #readAnew(path: string): readonly string[] {
    if (path === "" || SYSTEM_FOLDERS.includes(path)) return [];
    try {
      const realPath = Deno.realPathSync(path);
      if (realPath !== path) return this.read(realPath);
      if (Deno.statSync(path).isDirectory) return this.#readFolder(path);
      return Deno.readTextFileSync(path).replaceAll("\r", "").match(CERTIFICATE) ?? [];
    } catch {
      return [];
    }
  }

  #readFolder(path: string): readonly string[] {
    return [...Deno.readDirSync(path)]
      .filter(({ name, isDirectory }) => !isDirectory && /\.(pem|crt|cer|\d)$/.test(name))
      .flatMap(({ name }) => this.read(join(path, name)));
  }
}

/** Roots without a file: Windows' store, or on a bare system those that come with the runtime. */
async function readBuiltInRoots(): Promise<readonly string[]> {
  // Loaded only here: it costs more than reading a file of roots.
  const tls = await import("node:tls");
  const system = Deno.build.os === "windows" && "getCACertificates" in tls
    ? tls.getCACertificates("system")
    : [];
  return system.length > 0 ? system : tls.rootCertificates;
}

function joinCertificates(certificates: readonly string[]): string {
  const unique = new Set(certificates.map((certificate) => certificate.trimEnd()));
  return [...unique, ""].join("\n");
}
