/**
 * Signs a request that the child has signed with the placeholder: the same fields, the same time,
 * region and service, the real key.
 *
 * Theory of operation: everything the signature covers is on the wire, except the body's hash where
 * the service does not ask for it in `x-amz-content-sha256`; such a body is held until it is whole.
 * S3 asks for it: its bodies stream, with their hash, unsigned, or in chunks with a signature each.
 *
 * @module
 */

import type { SigningInjection } from "../../injection.ts";
import type { HeaderField } from "../../provider.ts";
import {
  ALGORITHM,
  deriveSigningKey,
  formatScope,
  sha256,
  signedNames,
  type Signer,
  type SigningScope,
  signRequest,
  UNSIGNED_PAYLOAD,
} from "../../sigv4.ts";
import { ChunkSigner } from "./aws_chunks.ts";
import { fieldValues } from "../http1/head_lines.ts";
import { type FieldEdit, type HeadEdits, setField } from "./injector.ts";
import { queryValues, replaceParameters } from "../decision/query.ts";
import { refuse, RefusedError } from "../decision/refusal.ts";
import type { RequestHead } from "../http1/request_head.ts";
import type { BodyRewriter } from "../http1/request_sender.ts";
import type { PlaceholderSource } from "../decision/selection.ts";
import { findSignatureClaim, type SignatureClaim } from "./signature_claim.ts";

/** What a request is signed with. */
export interface SigningOptions {
  readonly injection: SigningInjection;
  readonly source: PlaceholderSource;
  /** Put in place of the request target. */
  readonly target: string | undefined;
  /** The whole body, left unread. */
  readonly holdBody: () => Promise<Uint8Array>;
}

/** What changes in a request that is signed. */
export interface SignedRequest {
  readonly edits: HeadEdits;
  /** Only for bodies that carry signatures themselves. */
  readonly rewriter: BodyRewriter | undefined;
}

const CONTENT_HASH = "x-amz-content-sha256";
const SESSION_TOKEN = "x-amz-security-token";
const CHUNKS = `STREAMING-${ALGORITHM}-PAYLOAD`;
/** Hashes that stand for themselves: nothing more of the body is signed. */
const PLAIN_HASH = /^(?:[0-9A-Fa-f]{64}|UNSIGNED-PAYLOAD|STREAMING-UNSIGNED-PAYLOAD-TRAILER)$/;
/** What is signed here, and what is the proxy's to change: neither can be taken over as it is. */
const OWN_FIELDS = /^(?:authorization|x-amz-security-token|connection|proxy-.*)$/;

/**
 * Signs.
 *
 * @throws {RefusedError} if the request is signed in a way that cannot be renewed.
 * @throws {MalformedHeadError} if `Connection` tells the next hop to drop what is put in.
 */
export async function signHead(head: RequestHead, options: SigningOptions): Promise<SignedRequest> {
  const claim = findSignatureClaim(options.source);
  if (claim === undefined) throw new TypeError("The request is not signed with the placeholder.");
  const scope = checkClaim(claim);
  const signer = {
    time: findTime(claim, options.source),
    scope,
    key: deriveSigningKey(options.injection.key.secret, scope),
  };
  const payloadHash = await findPayloadHash(claim, options);
  const request = { head, claim, signer, payloadHash, options };
  const { edits, signature } = claim.place === "header" ? signField(request) : signQuery(request);
  return { edits, rewriter: createRewriter(request, signature) };
}

interface RequestToSign {
  readonly head: RequestHead;
  readonly claim: SignatureClaim;
  readonly signer: Signer;
  readonly payloadHash: string;
  readonly options: SigningOptions;
}

interface Signature {
  readonly edits: HeadEdits;
  readonly signature: string;
}

function signField(request: RequestToSign): Signature {
  const { head, claim, signer, options: { injection: { key, extraHeaders } } } = request;
  const token = key.sessionToken?.reveal();
  const added = token === undefined ? [] : [{ name: SESSION_TOKEN, value: token }];
  const set = [...extraHeaders, ...added];
  const names = [...claim.signedHeaders, ...added.map(({ name }) => name)];
  const headers = collectHeaders(head, names, set);
  const signature = sign(request, pathOf(request), headers);
  const value = `${ALGORITHM} Credential=${key.id}/${formatScope(signer.scope)}, ` +
    `SignedHeaders=${signedNames(headers)}, Signature=${signature}`;
  const fields = [...set, { name: "Authorization", value }].map((field) => setField(head, field));
  if (token === undefined) fields.push(removal(SESSION_TOKEN));
  return { edits: { ...retarget(request), fields }, signature };
}

/** "Authenticating Requests: Using Query Parameters": everything but the signature is signed. */
function signQuery(request: RequestToSign): Signature {
  const { head, claim, signer, options: { injection: { key, extraHeaders } } } = request;
  const path = pathOf(request);
  const unsigned = replaceParameters(path, {
    "X-Amz-Credential": `${key.id}/${formatScope(signer.scope)}`,
    "X-Amz-Security-Token": key.sessionToken?.reveal(),
    "X-Amz-Signature": undefined,
  });
  const headers = collectHeaders(head, claim.signedHeaders, extraHeaders);
  const signature = sign(request, unsigned, headers);
  const fields = extraHeaders.map((field) => setField(head, field));
  const whole = request.options.target ?? head.targetText;
  const target = `${whole.slice(0, whole.length - path.length)}${unsigned}` +
    `&X-Amz-Signature=${signature}`;
  return { edits: { target, fields: [...fields, removal(SESSION_TOKEN)] }, signature };
}

function sign(request: RequestToSign, target: string, headers: readonly HeaderField[]): string {
  const { head: { method }, payloadHash, signer } = request;
  return signRequest({ method, target, headers, payloadHash }, signer);
}

function retarget({ options: { target } }: RequestToSign): { readonly target?: string } {
  return target === undefined ? {} : { target };
}

/** Path and query, as the service will see them. */
function pathOf({ head, options }: RequestToSign): string {
  if (options.target !== undefined) return options.target;
  return head.target === undefined || head.target.kind === "asterisk" ? "*" : head.target.path;
}

/** The signed fields as they go upstream. What is not there any more is not signed any more. */
function collectHeaders(
  head: RequestHead,
  names: readonly string[],
  set: readonly HeaderField[],
): readonly HeaderField[] {
  const own = set.map(({ name, value }) => ({ name: name.toLowerCase(), value }));
  return [...new Set(names)].flatMap((name) => {
    const replaced = own.filter((field) => field.name === name);
    if (replaced.length > 0) return replaced;
    if (OWN_FIELDS.test(name)) return [];
    return fieldValues(head.lines, name).map((value) => ({ name, value }));
  });
}

function removal(name: string): FieldEdit {
  return { name, line: undefined };
}

/** @throws {RefusedError} 501 for signatures of another kind, 400 for ones that cover too little. */
function checkClaim({ algorithm, scope, signedHeaders }: SignatureClaim): SigningScope {
  if (algorithm !== ALGORITHM) {
    const hint = "Configure the client to sign with Signature Version 4 (SigV4) for one region.";
    throw refused(501, `Requests signed with ${nameOf(algorithm)} cannot be signed anew.`, hint);
  }
  if (scope === undefined) throw refused(400, "The scope of the request's signature is malformed.");
  // A signature without a host would be good at any host.
  if (signedHeaders.includes("host")) return scope;
  throw refused(400, "The request's signature does not cover its Host.");
}

function nameOf(algorithm: string): string {
  if (algorithm === "AWS") return "Signature Version 2";
  return algorithm.startsWith("AWS4-ECDSA") ? "Signature Version 4A" : "this algorithm";
}

function findTime(claim: SignatureClaim, source: PlaceholderSource): string {
  const name = "X-Amz-Date";
  const values = claim.place === "header"
    ? source.fieldValues(name)
    : queryValues(source.target, name);
  const [time] = values;
  if (values.length === 1 && time !== undefined && /^[0-9]{8}T[0-9]{6}Z$/.test(time)) return time;
  throw refused(400, "The request is signed, but has no X-Amz-Date of its own.");
}

async function findPayloadHash(claim: SignatureClaim, options: SigningOptions): Promise<string> {
  const { source, holdBody } = options;
  const declared = source.fieldValues(CONTENT_HASH)[0] ??
    (claim.place === "query" ? queryValues(source.target, "X-Amz-Content-Sha256")[0] : undefined);
  if (declared === undefined) {
    const isPresigned = claim.place === "query" && claim.scope?.service.startsWith("s3");
    return isPresigned ? UNSIGNED_PAYLOAD : sha256(await holdBody());
  }
  if (PLAIN_HASH.test(declared) || isSignedChunks(declared)) return declared;
  throw refused(501, "Requests with this kind of signed stream cannot be signed anew.");
}

function isSignedChunks(payloadHash: string): boolean {
  return payloadHash === CHUNKS || payloadHash === `${CHUNKS}-TRAILER`;
}

function createRewriter(request: RequestToSign, seed: string): BodyRewriter | undefined {
  const { head: { framing }, signer, payloadHash } = request;
  if (!isSignedChunks(payloadHash)) return undefined;
  if (framing.kind === "length") {
    return new ChunkSigner({ signer, seed, trailer: payloadHash !== CHUNKS });
  }
  const hint = "Send a Content-Length, or upload with UNSIGNED-PAYLOAD.";
  throw refused(501, "Signed chunks inside a chunked transfer cannot be signed anew.", hint);
}

function refused(status: number, message: string, hint = ""): RefusedError {
  return new RefusedError(refuse(status, message, hint));
}
