/**
 * Certificates for tests, made by `@peculiar/x509`: an authority of its own per test file and leaf
 * certificates under it. Nothing of the product takes part, so it can judge the product.
 *
 * @module
 */

import "reflect-metadata"; // what @peculiar/x509 is built on asks for it
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate and its key, both PEM. */
export interface TestCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

interface Authority {
  readonly certificate: X509Certificate;
  readonly keys: CryptoKeyPair;
}

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;

let authority: Promise<Authority> | undefined;
const leaves = new Map<string, Promise<TestCertificate>>();

/** The test authority: P-256, the same for the whole test file. */
export async function testAuthority(): Promise<TestCertificate> {
  const { certificate, keys } = await knownAuthority();
  return await formatPair(certificate, keys);
}

/** A leaf for one host (a DNS name, or an IP address without brackets) under the test authority. */
export function issueTestLeaf(host: string): Promise<TestCertificate> {
  const known = leaves.get(host) ?? createLeaf(host);
  leaves.set(host, known);
  return known;
}

function knownAuthority(): Promise<Authority> {
  authority ??= createAuthority();
  return authority;
}

async function createAuthority(): Promise<Authority> {
  const keys = await createKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    keys,
    name: "CN=Test authority",
    ...validity(),
    signingAlgorithm: ECDSA,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, keys };
}

async function createLeaf(host: string): Promise<TestCertificate> {
  const { certificate: above, keys: { privateKey, publicKey } } = await knownAuthority();
  const keys = await createKeys();
  const isAddress = /^[0-9.]+$/.test(host) || host.includes(":");
  const certificate = await X509CertificateGenerator.create({
    subject: "CN=Test leaf",
    issuer: above.subject,
    publicKey: keys.publicKey,
    signingKey: privateKey,
    ...validity(),
    signingAlgorithm: ECDSA,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new SubjectAlternativeNameExtension([{ type: isAddress ? "ip" : "dns", value: host }]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(publicKey),
    ],
  });
  return await formatPair(certificate, keys);
}

function createKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]);
}

/** From yesterday, for clocks that are slow, for ten years. */
function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + 3650 * DAY_MS) };
}

async function formatPair(
  certificate: X509Certificate,
  keys: CryptoKeyPair,
): Promise<TestCertificate> {
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certPem: `${certificate.toString("pem")}\n`,
    keyPem: `${PemConverter.encode(key, "PRIVATE KEY")}\n`,
  };
}
