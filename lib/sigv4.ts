/**
 * AWS Signature Version 4: from the parts of a request to its signature. Pure.
 *
 * Theory of operation: client and service bring the request into one canonical text and sign a hash
 * of it with a key derived from the secret, the day, the region and the service. Here the request is
 * already on its way, so everything is read as it stands on the wire, one character a byte. S3 takes
 * the path as it is and encodes it once; every other service normalises it and encodes what it got,
 * so that escapes appear escaped again.
 *
 * Sources: "Create a signed AWS API request" (IAM User Guide), "Signature Calculations for the
 * Authorization Header" (Amazon S3 API Reference).
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";
import type { HeaderField } from "./provider.ts";
import type { Secret } from "./secret.ts";

/** The only algorithm of Version 4 with a secret key. */
export const ALGORITHM = "AWS4-HMAC-SHA256";

/** Stands for the hash of a body that is not signed; S3 only. */
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/** What a signature is good for. */
export interface SigningScope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  /** The name that the service signs with, for example `s3`. */
  readonly service: string;
}

/** A request as far as it is signed. Texts hold one character a byte. */
export interface SignedParts {
  readonly method: string;
  /** Path and query as they are sent. */
  readonly target: string;
  /** The signed fields, in the order of the request; a name may stand several times. */
  readonly headers: readonly HeaderField[];
  /** SHA-256 of the body in hexadecimal, or the text that stands for it. */
  readonly payloadHash: string;
}

/** What signs. */
export interface Signer {
  /** `YYYYMMDDTHHMMSSZ`, as in `x-amz-date`. */
  readonly time: string;
  readonly scope: SigningScope;
  /** From {@link deriveSigningKey}. */
  readonly key: Uint8Array;
}

/** `date/region/service/aws4_request`. */
export function formatScope({ date, region, service }: SigningScope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

/** The key that signs within a scope. */
export function deriveSigningKey(secret: Secret, scope: SigningScope): Uint8Array {
  const steps = [scope.date, scope.region, scope.service, "aws4_request"];
  let key: Uint8Array | string = `AWS4${secret.reveal()}`;
  for (const step of steps) key = hmac(key, step).digest();
  return key as Uint8Array;
}

/** The signature of a request, 64 hexadecimal digits. */
export function signRequest(parts: SignedParts, signer: Signer): string {
  const hash = sha256(formatCanonicalRequest(parts, signer.scope.service));
  return signText(ALGORITHM, [hash], signer);
}

/** The signature of `algorithm`, time, scope and `lines`. */
export function signText(
  algorithm: string,
  lines: readonly string[],
  { time, scope, key }: Signer,
): string {
  const text = [algorithm, time, formatScope(scope), ...lines].join("\n");
  return hmac(key, text).digest("hex");
}

/** SHA-256 in hexadecimal of bytes, or of a text of one character a byte. */
export function sha256(data: Uint8Array | string): string {
  const hash = createHash("sha256");
  return (typeof data === "string" ? hash.update(data, "latin1") : hash.update(data)).digest("hex");
}

/** The canonical request, as the service will make it. */
export function formatCanonicalRequest(parts: SignedParts, service: string): string {
  const { method, target, headers, payloadHash } = parts;
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  const query = question < 0 ? "" : target.slice(question + 1);
  return [
    method,
    encodesOnce(service) ? encodeOnce(path, "/") : encodeAgain(normalizePath(path)),
    canonicalQuery(query),
    ...canonicalHeaders(headers),
    "",
    signedNames(headers),
    payloadHash,
  ].join("\n");
}

/** The names of the signed fields, as `SignedHeaders` lists them. */
export function signedNames(headers: readonly HeaderField[]): string {
  return [...new Set(headers.map(({ name }) => name.toLowerCase()))].sort().join(";");
}

/** S3 and what speaks its protocol (`s3-object-lambda`, `s3-outposts`, `s3express`). */
function encodesOnce(service: string): boolean {
  return /^s3(?:-|express|$)/.test(service);
}

function canonicalHeaders(headers: readonly HeaderField[]): readonly string[] {
  const values = Map.groupBy(headers, ({ name }) => name.toLowerCase());
  return [...values.keys()].sort().map((name) => {
    const texts = (values.get(name) ?? []).map(({ value }) => value.trim().replace(/ +/g, " "));
    return `${name}:${texts.join(",")}`;
  });
}

/** Sorted by encoded name, then by encoded value. A plus sign in a query is a space. */
function canonicalQuery(query: string): string {
  const pairs = query.split("&").filter((pair) => pair !== "").map((pair) => {
    const [name = "", ...value] = pair.replaceAll("+", "%20").split("=");
    return [encodeOnce(name, ""), encodeOnce(value.join("="), "")] as const;
  });
  pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Takes out `.`, `..` and empty segments (RFC 3986, section 6.2.2.3, and repeated slashes). */
function normalizePath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const end = path.endsWith("/") && kept.length > 0 ? "/" : "";
  return `/${kept.join("/")}${end}`;
}

const UNRESERVED = /^[A-Za-z0-9._~-]$/;

/** Every byte in its one spelling: escapes stay or become characters, but never turn into `/`. */
function encodeOnce(text: string, kept: string): string {
  const spelled = text.replace(/%[0-9A-Fa-f]{2}|[^A-Za-z0-9._~-]/g, (part) => {
    if (part.length === 1) return kept.includes(part) ? part : percent(part);
    const character = String.fromCharCode(parseInt(part.slice(1), 16));
    return UNRESERVED.test(character) ? character : percent(character);
  });
  return spelled === "" && kept === "/" ? "/" : spelled;
}

function encodeAgain(path: string): string {
  return path.replace(/[^A-Za-z0-9._~/-]/g, percent);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

function hmac(key: Uint8Array | string, text: string): ReturnType<typeof createHmac> {
  return createHmac("sha256", key).update(text, "latin1");
}
