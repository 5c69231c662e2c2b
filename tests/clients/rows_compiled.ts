/**
 * Rows of the client matrix: what is compiled first, and Java.
 *
 * @module
 */

import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import { runCommand } from "../support/command.ts";
import type { Client } from "./client.ts";
import { GRPC_GO_VERSION, OKHTTP_VERSION, OLD_REQWEST_VERSION, REQWEST_VERSION } from "./kits.ts";

/** A company's root for Java: a trust store that the parent's options name. */
async function javaOptions(authority: string): Promise<Record<string, string>> {
  const store = `${authority}.p12`;
  const words = ["-importcert", "-noprompt", "-alias", "company", "-file", authority];
  const options = ["-keystore", store, "-storetype", "PKCS12", "-storepass", "changeit"];
  const { code, stdout } = await runCommand(["keytool", ...words, ...options]);
  assert.equal(code, 0, stdout);
  const properties = [`trustStore=${store}`, "trustStorePassword=changeit"];
  return {
    JAVA_TOOL_OPTIONS: properties.map((text) => `-Djavax.net.ssl.${text}`).join(" "),
  };
}

function java(name: string, version: Client["version"]): Client {
  return {
    name: `Java ${name}`,
    kits: ["java"],
    programs: ["keytool"],
    version,
    command: (url, kits) => {
      const path = [join(kits.java, "classes"), join(kits.java, "jars", "*")].join(delimiter);
      return ["java", "-cp", path, "Clients", name, url];
    },
    parent: javaOptions,
    routedBy: "JAVA_TOOL_OPTIONS",
    trustedBy: "JAVA_TOOL_OPTIONS",
  };
}

function reqwest(name: string, tls: string, version: string): Client {
  return {
    name,
    kits: ["rust"],
    version,
    command: (url, kits) => [join(kits.rust, "target", "debug", "clients"), tls, url],
    routedBy: "HTTPS_PROXY",
    trustedBy: "SSL_CERT_FILE",
  };
}

/** The rows. */
export const COMPILED_CLIENTS: readonly Client[] = [
  {
    name: "Go net/http",
    kits: ["go"],
    version: () => ["go", "version"],
    command: (url, { go }) => [join(go, "clients"), "get", url],
    routedBy: "HTTPS_PROXY",
    trustedBy: "SSL_CERT_FILE",
  },
  {
    name: "grpc-go",
    kits: ["go"],
    version: GRPC_GO_VERSION,
    grpc: true,
    command: (url, { go }) => [join(go, "clients"), "grpc-call", new URL(url).host],
    routedBy: "HTTPS_PROXY",
    trustedBy: "SSL_CERT_FILE",
  },
  java("HttpURLConnection", () => ["java", "--version"]),
  java("HttpClient", () => ["java", "--version"]),
  java("OkHttp", OKHTTP_VERSION),
  reqwest("Rust reqwest (rustls)", "rustls", REQWEST_VERSION),
  reqwest("Rust reqwest (native-tls)", "native-tls", REQWEST_VERSION),
  {
    ...reqwest("Rust reqwest (rustls, built-in roots)", "webpki-roots", OLD_REQWEST_VERSION),
    trustedBy: "-",
    fails: {
      at: "trust",
      instead: "build it with the feature `rustls-tls-native-roots`, or reqwest 0.13",
    },
  },
];
