/**
 * Rows of the client matrix: what runs on Node, on every version, and on Bun.
 *
 * @module
 */

import { join } from "node:path";
import type { Client } from "./client.ts";
import { BUN_VERSION, FIXTURES, NODE_PACKAGES, NODE_VERSIONS } from "./kits.ts";

const NODE = join(FIXTURES, "node");

interface NodeClient {
  readonly name: string;
  /** The npm package whose version counts; without one it is Node itself. */
  readonly packageName?: string;
  readonly facts: Pick<Client, "command"> & Partial<Client>;
  /** The oldest Node that it runs on. */
  readonly since?: number;
}

function script(file: string, library: string): Client["command"] {
  return (url, { node }) => [join(NODE, file), library, node, url];
}

const NODE_CLIENTS_OF_A_VERSION: readonly NodeClient[] = [
  { name: "fetch", facts: { command: script("http_libraries.mjs", "fetch") } },
  { name: "https", facts: { command: script("http_libraries.mjs", "https") } },
  { name: "WebSocket", since: 22, facts: { command: script("http_libraries.mjs", "WebSocket") } },
  ...["undici", "axios", "got", "node-fetch"].map((packageName) => ({
    name: packageName,
    packageName,
    facts: { command: script("http_libraries.mjs", packageName) },
  })),
  {
    name: "undici 8",
    packageName: "undici-8",
    since: 22,
    facts: { command: script("http_libraries.mjs", "undici-8") },
  },
  { name: "ws", packageName: "ws", facts: { command: script("http_libraries.mjs", "ws") } },
  {
    name: "AWS SDK for JavaScript",
    packageName: "@aws-sdk/client-sts",
    facts: {
      service: "aws",
      command: (url, { node }) => [join(NODE, "aws_sdk.mjs"), node, url],
      parent: () => Promise.resolve({ AWS_REGION: "eu-central-1" }),
      requestOnly: true,
    },
  },
  {
    name: "OpenAI SDK for Node",
    packageName: "openai",
    facts: { service: "openai", command: script("sdk.mjs", "openai") },
  },
  {
    name: "Anthropic SDK for Node",
    packageName: "@anthropic-ai/sdk",
    facts: { service: "anthropic", command: script("sdk.mjs", "anthropic") },
  },
  {
    name: "grpc-js",
    packageName: "@grpc/grpc-js",
    facts: {
      kits: ["node", "go"],
      grpc: true,
      command: (url, { node }) => [join(NODE, "grpc_call.mjs"), node, new URL(url).host],
      routedBy: "HTTPS_PROXY",
      trustedBy: "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    },
  },
];

function onNode(client: NodeClient, version: string): Client {
  const { name, packageName, facts } = client;
  return {
    kits: ["node"],
    routedBy: "NODE_OPTIONS (a preload), NODE_USE_ENV_PROXY",
    trustedBy: "NODE_EXTRA_CA_CERTS",
    ...facts,
    name: packageName === undefined ? `Node ${name}` : name,
    variant: `Node ${version}`,
    version: packageName === undefined
      ? version
      : NODE_PACKAGES[packageName]?.replace(/^npm:.*@/, "") ?? "",
    command: (url, kits) => [
      join(kits.node, "node_modules", `node-${version}`, "bin", "node"),
      ...facts.command(url, kits),
    ],
  };
}

const NODE_CLIENTS: readonly Client[] = NODE_CLIENTS_OF_A_VERSION.flatMap((client) =>
  NODE_VERSIONS.filter((version) => Number.parseInt(version) >= (client.since ?? 0))
    .map((version) => onNode(client, version))
);

function onBun(library: string): Client["command"] {
  const file = join(NODE, "http_libraries.mjs");
  return (url, { node }) => [
    join(node, "node_modules", "bun", "bin", "bun"),
    file,
    library,
    node,
    url,
  ];
}

/** The rows. */
export const NODE_AND_BUN_CLIENTS: readonly Client[] = [
  ...NODE_CLIENTS,
  {
    name: "Bun fetch",
    kits: ["node"],
    version: BUN_VERSION,
    command: onBun("fetch"),
    routedBy: "HTTPS_PROXY",
    trustedBy: "NODE_EXTRA_CA_CERTS",
  },
  {
    name: "Bun WebSocket",
    kits: ["node"],
    version: BUN_VERSION,
    command: onBun("WebSocket"),
    routedBy: "-",
    trustedBy: "NODE_EXTRA_CA_CERTS",
    fails: { at: "routing", instead: "give it the option `proxy`, as below" },
  },
  {
    name: "Bun WebSocket with `{ proxy: process.env.HTTPS_PROXY }`",
    kits: ["node"],
    version: BUN_VERSION,
    command: onBun("WebSocket with proxy"),
    routedBy: "the program (HTTPS_PROXY)",
    trustedBy: "NODE_EXTRA_CA_CERTS",
  },
];
