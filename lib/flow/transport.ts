/**
 * Requests to authorization servers: one injected `fetch`, a time limit, and failures in words.
 *
 * @module
 */

import { allowInsecureRequests, customFetch } from "oauth4webapi";
import { AuthsomeError } from "../errors.ts";
import type { Secret } from "../secret.ts";

/** What a flow needs of the world. */
export interface FlowSystem {
  /** Must trust the roots that the person's settings name, and follow no redirect by itself. */
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Ctrl-C, or the end of the run. */
  readonly signal?: AbortSignal;
}

/** Longest wait for one answer, in milliseconds. */
const ANSWER_MS = 30_000;

/** Largest answer read, in bytes. */
const LARGEST_ANSWER = 1_048_576;

/** What `oauth4webapi` wants to be sent. */
interface OutgoingRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: URLSearchParams | string | null | undefined;
}

/** Options that every request of `oauth4webapi` gets. */
export interface RequestOptions {
  [customFetch]: (url: string, request: OutgoingRequest) => Promise<Response>;
  [allowInsecureRequests]: boolean;
  signal: AbortSignal;
}

/** The options of one request to `url`; plain HTTP is for loopback only. */
export function requestOptions({ fetch, signal: cancel }: FlowSystem, url: URL): RequestOptions {
  const limit = AbortSignal.timeout(ANSWER_MS);
  const signal = cancel === undefined ? limit : AbortSignal.any([cancel, limit]);
  return {
    [customFetch]: (address, { method, headers, body = null }) =>
      fetch(address, { method, headers, body, signal, redirect: "manual" }),
    [allowInsecureRequests]: url.protocol === "http:" && isLoopback(url.hostname),
    signal,
  };
}

/** Whether a host name of a URL means this computer. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** An answer that has been read. */
export interface Answer {
  readonly status: number;
  /** The object or list of parameters in its body; `undefined` if it is neither. */
  readonly body: JsonObject | undefined;
}

/** A JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Sends a request and reads its answer.
 *
 * @param what names the endpoint in messages, for example `GitHub's token endpoint`
 * @throws {AuthsomeError} `endpoint_unreachable` if there is no answer, or one of a server that
 * failed or sends elsewhere; `cancelled` on the flow's own signal
 */
export async function requestAnswer(
  request: () => Promise<Response>,
  { what, signal }: { readonly what: string; readonly signal: AbortSignal | undefined },
): Promise<Answer> {
  try {
    const response = await request();
    const body = parseBody(await readText(response));
    const { status } = response;
    if (status < 500 && (status < 300 || status >= 400)) return { status, body };
    throw unreachable(`${what} answered with HTTP ${status}.`);
  } catch (error) {
    if (error instanceof AuthsomeError) throw error;
    if (signal?.aborted) throw cancelledFlow();
    throw unreachable(`${what} cannot be reached.`, error);
  }
}

/** The error for a flow whose signal has fired. */
export function cancelledFlow(): AuthsomeError {
  return new AuthsomeError("cancelled", "The login was cancelled. Nothing was saved.", {
    hint: "Run the same command again when you are ready.",
  });
}

function unreachable(message: string, cause?: unknown): AuthsomeError {
  return new AuthsomeError("endpoint_unreachable", message, {
    hint: "Check the network and the proxy settings, then run the same command again.",
    cause,
  });
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LARGEST_ANSWER) throw new TypeError("The answer is too long.");
  }
  return text + decoder.decode();
}

/** JSON as the standards say, or the form encoding that some vendors still answer with. */
function parseBody(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return /^[\w.%-]+=[^<>\s]*$/.test(text)
      ? Object.fromEntries(new URLSearchParams(text))
      : undefined;
  }
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text field of an object, or `undefined`. */
export function textOf(object: JsonObject | undefined, name: string): string | undefined {
  const value = object?.[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Why a server said no. */
export interface ServerRefusal {
  /** The code of RFC 6749, section 5.2, or the vendor's own. */
  readonly error: string;
  readonly description: string;
}

/** The refusal in an answer, or `undefined`. Some vendors refuse with status 200. */
export function refusalOf({ status, body }: Answer): ServerRefusal | undefined {
  const error = textOf(body, "error") ?? textOf(body, "errorCode");
  if (error === undefined && status < 400 && body?.ok !== false) return undefined;
  const description = textOf(body, "error_description") ?? textOf(body, "message") ?? "";
  return { error: error ?? `HTTP ${status}`, description };
}

/**
 * A refusal as one line for people: printable, short, and without any of `secrets`, which a server
 * may have repeated.
 */
export function formatRefusal(
  { error, description }: ServerRefusal,
  secrets: readonly (Secret | undefined)[],
): string {
  const text = description === "" ? error : `${error}: ${description}`;
  const clean = secrets.reduce(
    (line, secret) => secret === undefined ? line : line.replaceAll(secret.reveal(), "[redacted]"),
    text,
  );
  return clean.replace(/\p{C}+/gu, " ").replace(/[\s.]+$/, "").slice(0, 200);
}

/** The code of a refusal, kept as the cause of an error. */
export interface RefusalCause {
  readonly oauthError: string;
}

/** Keeps the code and nothing else: a description may repeat what was sent. */
export function createRefusalCause({ error }: Pick<ServerRefusal, "error">): RefusalCause {
  return { oauthError: error };
}

/**
 * Whether a login failed because the server does not know the client, so that a registered one has
 * to be registered again.
 */
export function isUnknownClient({ cause }: AuthsomeError): boolean {
  return isObject(cause) && ["invalid_client", "unauthorized_client"].includes(
    String(cause.oauthError),
  );
}
