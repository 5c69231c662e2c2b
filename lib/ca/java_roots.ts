/**
 * Finds the roots that Java trusts on this machine.
 *
 * @module
 */

import { delimiter, dirname, join } from "node:path";

/** Names to values. */
type Environment = Readonly<Record<string, string>>;

/** Where macOS keeps JDKs; `/usr/bin/java` is a stub there that finds them. */
const MACOS_FOLDER = "/Library/Java/JavaVirtualMachines";

/** In this order; the first is for a machine's own additions and replaces the others. */
const ROOT_FILES = ["lib/security/jssecacerts", "lib/security/cacerts"];

/** Folders of the Java that a child would start: of JAVA_HOME, and of the `java` on PATH. */
export function findJavaHomes(env: Environment): string[] {
  return [env["JAVA_HOME"], findJavaHome(env["PATH"] ?? env["Path"] ?? "")]
    .flatMap((home) => home === undefined || home === "" ? [] : [home]);
}

/**
 * Reads the trust store that a child's Java would use: the one its options name, or the one of the
 * first of these folders that has one.
 *
 * @returns `undefined` if none can be read.
 */
export function readJavaTrustStore(
  env: Environment,
  homes: readonly string[],
): Uint8Array | undefined {
  const paths = homes.flatMap((home) => [home, join(home, "jre")])
    .flatMap((home) => ROOT_FILES.map((file) => join(home, file)));
  for (const path of [...trustStoresInOptions(env["JAVA_TOOL_OPTIONS"] ?? ""), ...paths]) {
    try {
      return Deno.readFileSync(path);
    } catch {
      // Not there; try the next one.
    }
  }
  return undefined;
}

/** The folder above the `bin` that really holds the first `java` on PATH. */
function findJavaHome(path: string): string | undefined {
  const program = Deno.build.os === "windows" ? "java.exe" : "java";
  for (const folder of path.split(delimiter)) {
    try {
      const real = Deno.realPathSync(join(folder, program));
      return real === "/usr/bin/java" && Deno.build.os === "darwin"
        ? findMacJavaHome()
        : dirname(dirname(real));
    } catch {
      // Not there; try the next one.
    }
  }
  return undefined;
}

function findMacJavaHome(): string | undefined {
  const names = [...Deno.readDirSync(MACOS_FOLDER)].map((entry) => entry.name).sort();
  const newest = names.at(-1);
  return newest === undefined ? undefined : join(MACOS_FOLDER, newest, "Contents/Home");
}

/** Values of `-Djavax.net.ssl.trustStore=` in Java options, without quotes, the one that wins first. */
function trustStoresInOptions(options: string): string[] {
  const pattern = /-Djavax\.net\.ssl\.trustStore=("[^"]*"|'[^']*'|[^\s"']+)/g;
  const values = [...options.matchAll(pattern)].map((match) => match[1] ?? "");
  return values.reverse().map((value) => value.replace(/^["']|["']$/g, ""));
}
