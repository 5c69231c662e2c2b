/**
 * What is recorded of an exchange with a routed host: never a header, a query or a body.
 *
 * @module
 */

import type { AuditFact } from "../../audit.ts";
import type { CredentialOwner } from "./credential_choice.ts";
import type { Refusal } from "./refusal.ts";

/** An exchange that begins. */
export interface StartedExchange {
  readonly host: string;
  /** Whose credential it carries or would have carried. */
  readonly owner: CredentialOwner | undefined;
  readonly method: string;
  /** A query is cut off here. */
  readonly path: string;
}

/** An exchange that is over. */
export interface FinishedExchange extends StartedExchange {
  /** What `begin` gave for it, if it was forwarded. */
  readonly request?: number | undefined;
  /** What the child got, or `undefined` if it went away first. */
  readonly status: number | undefined;
  /** Why the proxy answered itself, if it did. */
  readonly refusal: Refusal | undefined;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly milliseconds: number;
}

/** Recorded paths are cut here. */
const MAX_PATH = 1024;

/** The fact about an exchange that is about to be forwarded. */
export function startFact({ host, owner, method, path }: StartedExchange): AuditFact {
  return {
    event: "request",
    provider: owner?.provider,
    connection: owner?.connection,
    method,
    host,
    path: withoutQuery(path),
  };
}

/** The fact that an answer quoted the credential, which was masked. */
export function redactedFact(exchange: StartedExchange): AuditFact {
  return { ...startFact(exchange), event: "redacted", outcome: "ok" };
}

/** The fact about an exchange. */
export function exchangeFact(exchange: FinishedExchange): AuditFact {
  const { host, owner, method, path, status, refusal, request } = exchange;
  return {
    event: refusal?.code === "refused" ? "refused" : "request",
    provider: owner?.provider,
    connection: owner?.connection,
    outcome: refusal?.code ?? (status === undefined ? "cancelled" : "ok"),
    request,
    method,
    host,
    path: withoutQuery(path),
    status,
    request_bytes: exchange.requestBytes,
    response_bytes: exchange.responseBytes,
    milliseconds: Math.round(exchange.milliseconds),
  };
}

function withoutQuery(path: string): string {
  const question = path.indexOf("?");
  return path.slice(0, question < 0 ? MAX_PATH : Math.min(question, MAX_PATH));
}
