/**
 * Answers that the proxy gives itself instead of forwarding: a status, a JSON body that says why
 * and what to do, and the header `x-authsome-error`.
 *
 * @module
 */

import { AuthsomeError, ERROR_MEANINGS, type ErrorCode } from "../../errors.ts";

/** Why a request is not forwarded. Neither text holds a secret or a query string. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  readonly code: ErrorCode;
  /** A sentence. */
  readonly message: string;
  /** What to do next, or an empty string. */
  readonly hint: string;
}

/** Ends an exchange with a {@link Refusal}. */
export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.name = "RefusedError";
    this.refusal = refusal;
  }
}

/** A refusal by rule: the request itself is at fault. */
export function refuse(status: number, message: string, hint = ""): Refusal {
  return { status, code: "refused", message, hint };
}

/** A refusal because the upstream cannot be reached or does not speak HTTP. */
export function unreachable(message: string, hint = ""): Refusal {
  return { status: 502, code: "endpoint_unreachable", message, hint };
}

/** What to answer when `error` ended an exchange. Unexpected errors say nothing about themselves. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusedError) return error.refusal;
  if (error instanceof AuthsomeError) {
    const { code, message, hint } = error;
    return { status: ERROR_MEANINGS[code].http, code, message, hint };
  }
  const message = "The proxy failed on this request.";
  return { status: 500, code: "unexpected", message, hint: "Run: authsome doctor" };
}

/** The JSON body of a refusal: `{"error", "message", "hint"}` and a line feed. */
export function formatRefusalBody(refusal: Refusal): string {
  const { code: error, message, hint } = refusal;
  return JSON.stringify({ error, message, hint }) + "\n";
}

/** How a refusal is framed. */
export interface RefusalFraming {
  /** The connection ends after the answer. */
  readonly close: boolean;
  /** The answer is to a HEAD request: no body follows. */
  readonly toHead?: boolean;
}

/** The whole HTTP/1.1 response. A 407 asks for Basic credentials (RFC 9110, section 11.7.1). */
export function formatRefusal(refusal: Refusal, framing: RefusalFraming): Uint8Array {
  const body = new TextEncoder().encode(formatRefusalBody(refusal));
  const lines = [
    `HTTP/1.1 ${refusal.status} ${REASONS[refusal.status] ?? "Refused"}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "Cache-Control: no-store",
    `x-authsome-error: ${refusal.code}`,
  ];
  if (refusal.status === 407) lines.push('Proxy-Authenticate: Basic realm="authsome"');
  if (framing.close) lines.push("Connection: close");
  const head = new TextEncoder().encode(lines.join("\r\n") + "\r\n\r\n");
  if (framing.toHead === true) return head;
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  411: "Length Required",
  413: "Content Too Large",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
