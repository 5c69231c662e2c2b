/**
 * X.509 version 3 certificates (RFC 5280), signed with ECDSA and SHA-256.
 *
 * @module
 */

import {
  bitString,
  boolean,
  contextTag,
  type Der,
  encodeDer,
  implicitTag,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  singletonSet,
  smallInteger,
  time,
  unsignedInteger,
  utf8String,
} from "./der.ts";
import { parseIpAddress } from "./ip_address.ts";

/** What a certificate says, before it is signed. */
export interface CertificateFields {
  /** Common name of the signer. */
  readonly issuer: string;
  /** Common name of the holder. Never an IP address: OpenSSL reads it as a DNS name. */
  readonly subject: string;
  /** At most 20 bytes, the first neither 0 nor above 127 (RFC 5280, section 4.1.2.2). */
  readonly serial: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  /** SubjectPublicKeyInfo of the holder. */
  readonly publicKey: Uint8Array;
  /** In the order they are to appear. */
  readonly extensions: readonly Der[];
}

/** Signs bytes with the issuer's P-256 key; the result is a DER `ECDSA-Sig-Value`. */
export type Signer = (bytes: Uint8Array) => Uint8Array;

/** The signed certificate (RFC 5280, section 4.1). */
export function encodeCertificate(fields: CertificateFields, sign: Signer): Der {
  // ecdsa-with-SHA256 has no parameters, not even NULL (RFC 5758, section 3.2).
  const algorithm = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
  const toBeSigned = sequence(
    encodeDer(contextTag(0), smallInteger(2)),
    unsignedInteger(fields.serial),
    algorithm,
    commonName(fields.issuer),
    sequence(time(fields.notBefore), time(fields.notAfter)),
    commonName(fields.subject),
    fields.publicKey,
    encodeDer(contextTag(3), sequence(...fields.extensions)),
  );
  return sequence(toBeSigned, algorithm, bitString(sign(toBeSigned)));
}

/** A distinguished name of one attribute, the common name (RFC 5280, section 4.1.2.4). */
function commonName(text: string): Der {
  return sequence(singletonSet(sequence(objectIdentifier("2.5.4.3"), utf8String(text))));
}

function extension(oid: string, critical: boolean, value: Der): Der {
  const flag = critical ? [boolean(true)] : [];
  return sequence(objectIdentifier(oid), ...flag, octetString(value));
}

/** Marks a certificate authority with at most `pathLength` authorities below it (4.2.1.9). */
export function authorityConstraint(pathLength: number): Der {
  return extension("2.5.29.19", true, sequence(boolean(true), smallInteger(pathLength)));
}

/** Marks a certificate that signs no other (4.2.1.9). */
export function leafConstraint(): Der {
  return extension("2.5.29.19", true, sequence());
}

/** Bits of `KeyUsage` (RFC 5280, section 4.2.1.3). */
const KEY_USAGE_BITS = { digitalSignature: 0, keyCertSign: 5 } as const;

/** What the key may be used for (4.2.1.3). */
export function keyUsage(...uses: readonly (keyof typeof KEY_USAGE_BITS)[]): Der {
  return extension("2.5.29.15", true, namedBits(uses.map((use) => KEY_USAGE_BITS[use])));
}

/** Restricts the key to TLS servers (4.2.1.12). */
export function serverAuthentication(): Der {
  return extension("2.5.29.37", false, sequence(objectIdentifier("1.3.6.1.5.5.7.3.1")));
}

/** Names the holder's key (4.2.1.2). */
export function subjectKeyIdentifier(id: Uint8Array): Der {
  return extension("2.5.29.14", false, octetString(id));
}

/** Names the issuer's key (4.2.1.1). */
export function authorityKeyIdentifier(id: Uint8Array): Der {
  return extension("2.5.29.35", false, sequence(encodeDer(implicitTag(0), id)));
}

/** The one host the certificate is for, a DNS name or an IP address (4.2.1.6). */
export function subjectAlternativeName(host: string): Der {
  const address = parseIpAddress(host);
  const name = address === undefined ? dnsName(host) : encodeDer(implicitTag(7), address);
  return extension("2.5.29.17", false, sequence(name));
}

/**
 * Limits an authority to hosts (4.2.1.10): each DNS name with all names below it, each IP address
 * by itself. A name form that is not listed would be unlimited, so the form without a host in
 * `hosts` is excluded as a whole.
 */
export function nameConstraints(hosts: readonly string[]): Der {
  const addresses = hosts.flatMap((host) => parseIpAddress(host) ?? []);
  const names = hosts.filter((host) => parseIpAddress(host) === undefined);
  const permitted = [...names.map(dnsName), ...addresses.map(singleAddress)];
  const excluded = [
    ...(names.length === 0 ? [dnsName("")] : []),
    ...(addresses.length === 0 ? [everyAddress(4), everyAddress(16)] : []),
  ];
  const subtrees = (tag: number, trees: readonly Der[]): Der[] =>
    trees.length === 0 ? [] : [encodeDer(contextTag(tag), ...trees.map((tree) => sequence(tree)))];
  return extension(
    "2.5.29.30",
    true,
    sequence(...subtrees(0, permitted), ...subtrees(1, excluded)),
  );
}

function dnsName(name: string): Der {
  return encodeDer(implicitTag(2), new TextEncoder().encode(name));
}

/** An address followed by a mask of ones. */
function singleAddress(address: Uint8Array): Der {
  return encodeDer(implicitTag(7), address, new Uint8Array(address.length).fill(0xff));
}

/** All addresses of `length` bytes: address and mask of zeros. */
function everyAddress(length: 4 | 16): Der {
  return encodeDer(implicitTag(7), new Uint8Array(2 * length));
}
