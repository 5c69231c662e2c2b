/**
 * Rows of the client matrix: Python packages, and programs that come as such.
 *
 * @module
 */

import { join } from "node:path";
import { pythonOf } from "../support/client_tools.ts";
import type { Client } from "./client.ts";
import { FIXTURES, PYTHON_PACKAGES } from "./kits.ts";

const PYTHON = join(FIXTURES, "python");

type Facts = Pick<Client, "command" | "trustedBy"> & Partial<Client>;

function fromPackage(name: string, packageName: string, facts: Facts): Client {
  return {
    name,
    kits: ["python"],
    version: PYTHON_PACKAGES[packageName] ?? "",
    routedBy: "HTTPS_PROXY",
    ...facts,
  };
}

function script(file: string, ...args: readonly string[]): Client["command"] {
  return (url, kits) => [pythonOf(kits.python), join(PYTHON, file), ...args, url];
}

/** The rows. */
export const PYTHON_CLIENTS: readonly Client[] = [
  fromPackage("Python requests", "requests", {
    command: script("http_libraries.py", "requests"),
    trustedBy: "REQUESTS_CA_BUNDLE",
  }),
  fromPackage("Python httpx", "httpx", {
    command: script("http_libraries.py", "httpx"),
    trustedBy: "SSL_CERT_FILE",
  }),
  fromPackage("Python aiohttp (`trust_env=True`)", "aiohttp", {
    command: script("http_libraries.py", "aiohttp"),
    trustedBy: "SSL_CERT_FILE",
  }),
  fromPackage("Python urllib3", "urllib3", {
    command: script("http_libraries.py", "urllib3"),
    routedBy: "-",
    trustedBy: "SSL_CERT_FILE",
    fails: { at: "routing", instead: "give it a `ProxyManager`, as below, or use requests" },
  }),
  fromPackage("Python urllib3 with `proxy_headers` for a `ProxyManager`", "urllib3", {
    command: script("http_libraries.py", "urllib3_with_proxy"),
    routedBy: "the program (HTTPS_PROXY)",
    trustedBy: "SSL_CERT_FILE",
  }),
  fromPackage("OpenAI SDK for Python", "openai", {
    service: "openai",
    command: script("sdk.py", "openai"),
    trustedBy: "SSL_CERT_FILE",
  }),
  fromPackage("OpenAI SDK for Python, Realtime", "openai", {
    service: "openai",
    command: script("openai_realtime.py"),
    trustedBy: "SSL_CERT_FILE",
  }),
  fromPackage("Anthropic SDK for Python", "anthropic", {
    service: "anthropic",
    command: script("sdk.py", "anthropic"),
    trustedBy: "SSL_CERT_FILE",
  }),
  fromPackage("gRPC for Python", "grpcio", {
    kits: ["python", "go"],
    grpc: true,
    command: (url, kits) => [
      pythonOf(kits.python),
      join(PYTHON, "grpc_call.py"),
      new URL(url).host,
    ],
    trustedBy: "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
  }),
  fromPackage("aws CLI", "awscli", {
    service: "aws",
    command: (url, kits) => [
      ...[pythonOf(kits.python), "-m", "awscli", "sts", "get-caller-identity"],
      ...new URL(url).host.endsWith("amazonaws.com") ? [] : ["--endpoint-url", url],
    ],
    parent: () => Promise.resolve({ AWS_DEFAULT_REGION: "eu-central-1", AWS_MAX_ATTEMPTS: "1" }),
    requestOnly: true,
    trustedBy: "AWS_CA_BUNDLE",
  }),
  {
    name: "pip",
    kits: ["python"],
    version: ({ python }) => [pythonOf(python), "-m", "pip", "--version"],
    command: (url, { python }) => [
      ...[pythonOf(python), "-m", "pip", "download", "--no-deps", "--retries", "0"],
      ...["--disable-pip-version-check", "--index-url", url, "authsome-x"],
    ],
    requestOnly: true,
    routedBy: "HTTPS_PROXY",
    trustedBy: "PIP_CERT",
  },
  fromPackage("uv", "uv", {
    command: (url, { python }) => [
      ...[join(python, "bin", "uv"), "pip", "install", "--dry-run", "--python", pythonOf(python)],
      ...["--index-url", url, "authsome-x"],
    ],
    requestOnly: true,
    trustedBy: "SSL_CERT_FILE",
  }),
];
