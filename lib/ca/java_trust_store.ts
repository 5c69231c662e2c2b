/**
 * A trust store for Java: the JDK's roots and the run's own in one PKCS #12 file (RFC 7292).
 *
 * Theory of operation: Java reads no PEM, and its property for the trust store replaces the JDK's
 * roots, so those are copied. They come as a JKS file (until JDK 17) or as a PKCS #12 file without
 * a password (since JDK 18), whose bags are taken over as they are. The result has neither
 * encryption nor a MAC: Java then needs no password, and there is nothing secret in it.
 *
 * @module
 */

import { contextTag, type Der, encodeDer, objectIdentifier, octetString } from "./der.ts";
import { sequence, singletonSet, smallInteger } from "./der.ts";
import { readDer, readDerMembers } from "./der_reader.ts";

const DATA = objectIdentifier("1.2.840.113549.1.7.1");
const CERTIFICATE_BAG = objectIdentifier("1.2.840.113549.1.12.10.1.3");
const X509_CERTIFICATE = objectIdentifier("1.2.840.113549.1.9.22.1");

/**
 * Without this attribute Java reads a certificate but does not trust it. The value says that it is
 * trusted for every purpose.
 */
const TRUSTED = sequence(
  objectIdentifier("2.16.840.1.113894.746875.1.1"),
  singletonSet(objectIdentifier("2.5.29.37.0")),
);

/**
 * Adds `root` to the roots of an existing trust store.
 *
 * @param existing Contents of a JKS file, or of a PKCS #12 file without a password.
 * @param root DER of a certificate.
 * @returns Contents of a PKCS #12 file, or `undefined` if `existing` is neither.
 */
export function extendTrustStore(existing: Uint8Array, root: Uint8Array): Der | undefined {
  const contents = existing[0] === 0x30 ? readPkcs12(existing) : convertJks(existing);
  return contents === undefined ? undefined : encodePkcs12([...contents, encodeBags([root])]);
}

/** A PKCS #12 file of the given certificates, each in DER. */
export function createTrustStore(certificates: readonly Uint8Array[]): Der {
  return encodePkcs12([encodeBags(certificates)]);
}

/** DER of every certificate in a PEM text. */
export function decodeCertificates(pem: string): Uint8Array[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END/g);
  return [...blocks].map((block) =>
    Uint8Array.from(atob((block[1] ?? "").replace(/\s/g, "")), (char) => char.charCodeAt(0))
  );
}

/** `PFX` (section 4) around `ContentInfo` values. */
function encodePkcs12(contents: readonly Uint8Array[]): Der {
  return sequence(smallInteger(3), encodeData(sequence(...contents)));
}

/** A `ContentInfo` of plain data. */
function encodeData(data: Uint8Array): Der {
  return sequence(DATA, encodeDer(contextTag(0), octetString(data)));
}

/** A `ContentInfo` with one `SafeBag` (section 4.2) per certificate. */
function encodeBags(certificates: readonly Uint8Array[]): Der {
  const bags = certificates.map((certificate) => {
    const value = sequence(X509_CERTIFICATE, encodeDer(contextTag(0), octetString(certificate)));
    return sequence(CERTIFICATE_BAG, encodeDer(contextTag(0), value), singletonSet(TRUSTED));
  });
  return encodeData(sequence(...bags));
}

/** The `ContentInfo` values of a PKCS #12 file, all of them plain data. */
function readPkcs12(file: Uint8Array): Uint8Array[] | undefined {
  try {
    const [, safe] = readDerMembers(readDer(file).contents);
    if (safe === undefined) return undefined;
    const contents = readDerMembers(readDer(plainData(safe.encoded)).contents);
    return contents.map((content) => {
      plainData(content.encoded);
      return content.encoded;
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @throws {RangeError} if the `ContentInfo` is anything but plain data, encrypted data above all. */
function plainData(contentInfo: Uint8Array): Uint8Array {
  const [type, wrapped] = readDerMembers(readDer(contentInfo).contents);
  const isData = type !== undefined && type.encoded.toString() === DATA.toString();
  if (!isData || wrapped === undefined) throw new RangeError("not plain data");
  return readDer(wrapped.contents).contents;
}

/** Tag of a JKS entry that holds one trusted certificate; the other holds a private key. */
const TRUSTED_ENTRY = 2;

/** The trusted certificates of a JKS file (version 2), as one `ContentInfo`. */
function convertJks(file: Uint8Array): Uint8Array[] | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  try {
    if (view.getUint32(0) !== 0xfeedfeed || view.getUint32(4) !== 2) return undefined;
    const certificates: Uint8Array[] = [];
    let offset = 12;
    for (let left = view.getUint32(8); left > 0; left--) {
      if (view.getUint32(offset) !== TRUSTED_ENTRY) return undefined;
      // After the tag: alias, 8 bytes of date, type, certificate.
      const type = offset + 4 + 2 + view.getUint16(offset + 4) + 8;
      const start = type + 2 + view.getUint16(type) + 4;
      offset = start + view.getUint32(start - 4);
      certificates.push(file.subarray(start, offset));
    }
    return [encodeBags(certificates)];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
