/**
 * What the rows of the client matrix need from the package registries, in exact versions.
 *
 * @module
 */

import { join } from "node:path";
import { type Kit, nodeKit, pythonKit } from "../support/client_tools.ts";

/** The folder with the clients' programs. */
export const FIXTURES: string = join(import.meta.dirname ?? ".", "..", "fixtures", "clients");

/** By package: the versions of what rows are about. */
export const PYTHON_PACKAGES: Readonly<Record<string, string>> = {
  aiohttp: "3.14.5",
  anthropic: "2.12.0",
  awscli: "1.46.3",
  grpcio: "1.85.1",
  httpx: "0.28.1",
  openai: "3.54.0",
  requests: "2.34.2",
  urllib3: "2.8.0",
  uv: "0.13.9",
  websockets: "15.0.1",
};

/** The same for npm; the oldest Node decides what can be had. */
export const NODE_PACKAGES: Readonly<Record<string, string>> = {
  "@anthropic-ai/sdk": "1.12.0",
  "@aws-sdk/client-sts": "3.1173.0",
  "@grpc/grpc-js": "1.14.7",
  agentkeepalive: "4.6.0",
  axios: "1.21.1",
  esbuild: "0.28.2",
  got: "13.0.0",
  "https-proxy-agent": "7.0.4",
  "node-fetch": "3.3.2",
  openai: "6.30.1",
  undici: "6.29.1",
  "undici-8": "npm:undici@8.12.4",
  ws: "8.23.0",
};

/** Programs that come through npm. */
export const AGENT_PACKAGES: Readonly<Record<string, string>> = {
  "@anthropic-ai/claude-code": "2.1.330",
  "@openai/codex": "0.169.0",
};

/** Node 22 before and after 22.21, which first read HTTPS_PROXY. */
export const NODE_VERSIONS = ["18.20.8", "20.20.2", "22.20.0", "22.23.3", "24.21.0"] as const;

export const BUN_VERSION = "1.4.5";
export const GRPC_GO_VERSION = "1.75.1";
export const OKHTTP_VERSION = "5.1.0";
export const REQWEST_VERSION = "0.13.5";
export const OLD_REQWEST_VERSION = "0.12.28";

/** The name of a kit. */
export type KitName = "agents" | "go" | "java" | "node" | "python" | "rust";

/** Where the kits are; empty for one that is not installed. */
export type KitFolders = Readonly<Record<KitName, string>>;

/** Every kit. Each reads its sources when it is asked for. */
export const KITS: Readonly<Record<KitName, () => Kit>> = {
  agents: () => nodeKit("agents", formatSpecifiers(AGENT_PACKAGES)),
  go: () => ({
    name: "go",
    programs: ["go"],
    contents: [],
    files: readSources("go"),
    commands: () => [["go", "build", "-o", "clients", "."]],
  }),
  java: () => ({
    name: "java",
    programs: ["java", "javac", "mvn"],
    contents: [],
    files: readSources("java"),
    commands: () => [
      ["mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies", "-DoutputDirectory=jars"],
      ["javac", "--release", "11", "-nowarn", "-cp", "jars/*", "-d", "classes", "Clients.java"],
    ],
  }),
  node: () => {
    const { platform, arch } = nodeTarget();
    return nodeKit("node", [
      ...formatSpecifiers(NODE_PACKAGES),
      ...NODE_VERSIONS.map((version) => `node-${version}@npm:node-${platform}-${arch}@${version}`),
      `bun@npm:@oven/bun-${platform}-${arch === "arm64" ? "aarch64" : arch}@${BUN_VERSION}`,
    ]);
  },
  python: () =>
    pythonKit(
      "python",
      Object.entries(PYTHON_PACKAGES).map(([name, version]) => `${name}==${version}`),
    ),
  rust: () => ({
    name: "rust",
    programs: ["cargo", "cc", "pkg-config"],
    contents: [],
    files: readSources("rust"),
    commands: () => [["cargo", "build", "--quiet", "--locked"]],
  }),
};

function formatSpecifiers(packages: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(packages).map(([name, version]) => `${name}@${version}`);
}

/** As npm's packages of programs name this machine. */
export function nodeTarget(): { readonly platform: string; readonly arch: string } {
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  return { platform: Deno.build.os === "windows" ? "win" : Deno.build.os, arch };
}

/** The text files of a folder of fixtures, by name. */
function readSources(name: string, folder: string = join(FIXTURES, name)): Record<string, string> {
  const sources: Record<string, string> = {};
  const read = (below: string): void => {
    for (const entry of Deno.readDirSync(join(folder, below))) {
      const path = join(below, entry.name);
      if (entry.isDirectory) read(path);
      else sources[path] = Deno.readTextFileSync(join(folder, path));
    }
  };
  read("");
  return sources;
}
