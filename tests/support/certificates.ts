/**
 * Certificates for tests, made by openssl: an authority of its own per test process and leaf
 * certificates under it. Nothing of the product takes part, so it can judge the product.
 *
 * @module
 */

import { runCommand } from "./command.ts";

/** A certificate and its key, both PEM. */
export interface TestCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

let authority: Promise<TestCertificate> | undefined;
const leaves = new Map<string, Promise<TestCertificate>>();

/** The test authority: P-256, the same for the whole test process. */
export function testAuthority(): Promise<TestCertificate> {
  authority ??= withFolder(async (folder) => {
    await openssl(folder, [
      ...["req", "-x509", ...NEW_KEY, "-subj", "/CN=Test authority", "-days", "3650"],
      ...["-addext", "basicConstraints=critical,CA:TRUE"],
      ...["-addext", "keyUsage=critical,keyCertSign"],
    ]);
    return readPair(folder);
  });
  return authority;
}

/** A leaf for one host (a DNS name, or an IP address without brackets) under the test authority. */
export function issueTestLeaf(host: string): Promise<TestCertificate> {
  const known = leaves.get(host) ?? createLeaf(host);
  leaves.set(host, known);
  return known;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] as const;

async function createLeaf(host: string): Promise<TestCertificate> {
  const { certPem, keyPem } = await testAuthority();
  const isAddress = /^[0-9.]+$/.test(host) || host.includes(":");
  return await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/ca.pem`, certPem);
    await Deno.writeTextFile(`${folder}/ca.key`, keyPem);
    await openssl(folder, [
      ...["req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", ...NEW_KEY],
      ...["-subj", "/CN=Test leaf", "-days", "3650"],
      ...["-addext", "basicConstraints=critical,CA:FALSE"],
      ...["-addext", `subjectAltName=${isAddress ? "IP" : "DNS"}:${host}`],
    ]);
    return await readPair(folder);
  });
}

async function openssl(folder: string, args: readonly string[]): Promise<void> {
  const command = ["openssl", ...args, "-keyout", "key.pem", "-out", "cert.pem"];
  const { code, stderr } = await runCommand(command, { cwd: folder });
  if (code !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`);
}

async function readPair(folder: string): Promise<TestCertificate> {
  return {
    certPem: await Deno.readTextFile(`${folder}/cert.pem`),
    keyPem: await Deno.readTextFile(`${folder}/key.pem`),
  };
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "authsome-test-" });
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
