/**
 * The certificate authority of one run: lives in memory, signs only for the run's hosts.
 *
 * Theory of operation: a root without limits signs an intermediate that is limited to the run's
 * hosts by name constraints. A second intermediate, for hosts that may be routed before the run
 * ends, is signed once the child has been started, as it may have hundreds of names; then the
 * root's key is dropped. Only the root's certificate is handed out. The limits stand on
 * intermediates because several verifiers (Java's among them) ignore them on a trust anchor.
 * Whoever steals the keys of a run can therefore deceive only that run's children, only about
 * hosts of known providers.
 *
 * @module
 */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  authorityConstraint,
  authorityKeyIdentifier,
  type CertificateFields,
  encodeCertificate,
  keyUsage,
  leafConstraint,
  nameConstraints,
  serverAuthentication,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from "./certificate.ts";
import { type Der, formatPem } from "./der.ts";

/** A host's certificate with the intermediate after it, and the key, as TLS servers take them. */
export interface LeafCertificate {
  /** PEM: leaf, then intermediate. The root is not part of it. */
  readonly certPem: string;
  /** PEM, PKCS #8. The same key for every host of the run. */
  readonly keyPem: string;
}

/** What an {@link Authority} needs. */
export interface AuthorityOptions {
  /**
   * The hosts it may sign for, at least one: a DNS name stands for itself and every name below it,
   * an IP address for itself.
   */
  readonly hosts: readonly string[];
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly now?: () => number;
}

/**
 * How long the certificates of a run are valid, in milliseconds: 30 days, longer than any run we
 * know and far below what clients accept (Apple: 825 days for a root that a person trusts, 398 for
 * public ones). There is no renewal, as the root's key is gone: a longer run has to be restarted.
 */
export const VALIDITY_MS = 30 * 86_400_000;

/** How far certificates are dated back, in milliseconds, for children whose clock is behind. */
const CLOCK_SKEW_MS = 3_600_000;

/** Leaf certificates kept; a child may ask for any number of names below a wildcard. */
const MAX_CACHED_LEAVES = 1_000;

const ROOT_NAME = "Authsome run root";
const INTERMEDIATE_NAME = "Authsome run authority";
const LEAF_NAME = "Authsome local proxy";

interface KeyPair {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** Leftmost 160 bits of the public key's SHA-256 (RFC 7093, section 2, method 1). */
  readonly id: Uint8Array;
}

/** An issuer of leaves, limited to some hosts. */
interface Intermediate {
  readonly hosts: readonly string[];
  readonly pair: KeyPair;
  readonly pem: string;
}

/** Signs leaf certificates for one run. Its keys are never written anywhere and die with it. */
export class Authority {
  /** PEM of the root, for the children's trust stores. */
  readonly rootPem: string;
  /** DER of the root, for trust stores that are not PEM. */
  readonly rootDer: Uint8Array;
  readonly #intermediates: Intermediate[] = [];
  readonly #validity: Pick<CertificateFields, "notBefore" | "notAfter">;
  readonly #leaves = new Map<string, LeafCertificate>();
  #root: KeyPair | undefined;
  #leafKey: { readonly pair: KeyPair; readonly pem: string } | undefined;

  constructor({ hosts, now = Date.now }: AuthorityOptions) {
    this.#validity = { notBefore: now() - CLOCK_SKEW_MS, notAfter: now() + VALIDITY_MS };
    const root = createKeyPair();
    this.#root = root;
    this.rootDer = this.#issue(root, {
      issuer: ROOT_NAME,
      subject: ROOT_NAME,
      publicKey: root.publicKey,
      extensions: [
        authorityConstraint(1),
        keyUsage("keyCertSign"),
        subjectKeyIdentifier(root.id),
      ],
    });
    this.rootPem = formatPem("CERTIFICATE", this.rootDer);
    if (hosts.length > 0) this.#addIntermediate(root, hosts);
  }

  /**
   * Admits the hosts that may be routed later, and forgets the root's key: no further host can be
   * admitted after this. Later calls do nothing.
   */
  seal(hosts: readonly string[]): void {
    const root = this.#root;
    this.#root = undefined;
    if (root !== undefined && hosts.length > 0) this.#addIntermediate(root, hosts);
  }

  #addIntermediate(root: KeyPair, hosts: readonly string[]): void {
    const pair = createKeyPair();
    const certificate = this.#issue(root, {
      issuer: ROOT_NAME,
      subject: INTERMEDIATE_NAME,
      publicKey: pair.publicKey,
      extensions: [
        authorityConstraint(0),
        keyUsage("keyCertSign"),
        serverAuthentication(),
        nameConstraints(hosts),
        authorityKeyIdentifier(root.id),
        subjectKeyIdentifier(pair.id),
      ],
    });
    this.#intermediates.push({ hosts, pair, pem: formatPem("CERTIFICATE", certificate) });
  }

  /**
   * The certificate of `host`, made at first use.
   *
   * It is issued for any host: clients refuse one outside the constraints.
   *
   * @param host A DNS name, or an IP address with or without brackets.
   */
  issueLeaf(host: string): LeafCertificate {
    const cached = this.#leaves.get(host);
    if (cached !== undefined) return cached;
    const { pair, pem } = this.#leafKey ??= createLeafKey();
    const issuer = this.#issuerOf(host);
    const leaf = this.#issue(issuer.pair, {
      issuer: INTERMEDIATE_NAME,
      subject: LEAF_NAME,
      publicKey: pair.publicKey,
      extensions: [
        leafConstraint(),
        keyUsage("digitalSignature"),
        serverAuthentication(),
        authorityKeyIdentifier(issuer.pair.id),
        subjectKeyIdentifier(pair.id),
        subjectAlternativeName(host),
      ],
    });
    const issued = { certPem: formatPem("CERTIFICATE", leaf) + issuer.pem, keyPem: pem };
    this.#remember(host, issued);
    return issued;
  }

  /** Whether `host` is among those admitted so far. */
  covers(host: string): boolean {
    return this.#intermediates.some((intermediate) => admits(intermediate, host));
  }

  #issuerOf(host: string): Intermediate {
    const issuer = this.#intermediates.find((intermediate) => admits(intermediate, host)) ??
      this.#intermediates.at(-1);
    if (issuer === undefined) throw new Error("An authority without hosts cannot issue.");
    return issuer;
  }

  #remember(host: string, leaf: LeafCertificate): void {
    for (const oldest of this.#leaves.keys()) {
      if (this.#leaves.size < MAX_CACHED_LEAVES) break;
      this.#leaves.delete(oldest);
    }
    this.#leaves.set(host, leaf);
  }

  #issue(
    issuer: KeyPair,
    fields: Omit<CertificateFields, "serial" | "notBefore" | "notAfter">,
  ): Der {
    return encodeCertificate(
      { ...fields, ...this.#validity, serial: createSerial() },
      (bytes) => sign("sha256", bytes, issuer.privateKey),
    );
  }
}

function admits({ hosts }: Intermediate, host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return hosts.some((name) => name === bare || name === "" || bare.endsWith(`.${name}`));
}

function createKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  // The last 65 bytes of a P-256 key are the bits of the uncompressed point.
  const digest = createHash("sha256").update(spki.subarray(-65)).digest();
  return { privateKey, publicKey: spki, id: digest.subarray(0, 20) };
}

function createLeafKey(): { pair: KeyPair; pem: string } {
  const pair = createKeyPair();
  return { pair, pem: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

/** 16 random bytes, of which the first two bits are fixed: positive and of constant length. */
function createSerial(): Uint8Array {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}
