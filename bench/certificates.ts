/**
 * The test authority and its leaf certificate, made with openssl.
 *
 * @module
 */

import { join } from "node:path";
import { runProgram } from "./program.ts";

/** Files of one authority, PEM. */
export interface AuthorityFiles {
  readonly certificate: string;
  readonly key: string;
}

/** The upstream's authority and the leaf it signed. */
export interface Certificates {
  /** The root that clients must trust. */
  readonly ca: string;
  readonly leaf: string;
  readonly leafKey: string;
}

const DAYS = "2";

/** Makes an authority in `folder`: `ca.pem` and `ca.key`. */
export async function createAuthority(folder: string, name: string): Promise<AuthorityFiles> {
  const files = { certificate: join(folder, "ca.pem"), key: join(folder, "ca.key") };
  await createKey(files.key);
  await openssl(
    ["req", "-x509", "-new", "-key", files.key, "-days", DAYS, "-subj", `/CN=${name}`],
    [
      ...["-addext", "basicConstraints=critical,CA:TRUE"],
      ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
      ...["-out", files.certificate],
    ],
  );
  return files;
}

/** Makes an authority in `folder` and a P-256 leaf certificate for `hosts`. */
export async function createCertificates(
  folder: string,
  hosts: readonly string[],
): Promise<Certificates> {
  const authority = await createAuthority(folder, "bench upstream authority");
  const leaf = join(folder, "leaf.pem");
  const leafKey = join(folder, "leaf.key");
  const request = join(folder, "leaf.csr");
  const extensions = join(folder, "leaf.cnf");
  await createKey(leafKey);
  await openssl(["req", "-new", "-key", leafKey, "-subj", "/CN=bench upstream", "-out", request]);
  await Deno.writeTextFile(
    extensions,
    [
      `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}`,
      "basicConstraints=CA:FALSE",
      "keyUsage=digitalSignature",
      "extendedKeyUsage=serverAuth",
    ].join("\n"),
  );
  await openssl(["x509", "-req", "-in", request, "-days", DAYS, "-extfile", extensions], [
    ...["-CA", authority.certificate, "-CAkey", authority.key, "-CAcreateserial", "-out", leaf],
  ]);
  return { ca: authority.certificate, leaf, leafKey };
}

async function createKey(file: string): Promise<void> {
  await openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file]);
}

async function openssl(args: readonly string[], more: readonly string[] = []): Promise<void> {
  await runProgram(["openssl", ...args, ...more]);
}
