/**
 * The policy of an intercepted HTTP/2 connection: the decisions and records of HTTP/1, stream by
 * stream.
 *
 * @module
 */

import type { Awaitable } from "../../awaitable.ts";
import type { HostAndPort } from "../../hostname.ts";
import type { RenewInjection } from "../decision/credential_choice.ts";
import { decideRequest, type InterceptedConnection } from "../decision/decision.ts";
import { exchangeFact, redactedFact, startFact } from "../decision/exchange_fact.ts";
import { DEFAULT_H2_LIMITS } from "./limits.ts";
import type { H2Redaction } from "./redaction.ts";
import type { H2Request } from "./request.ts";
import type { H2RelayPolicy } from "./session.ts";
import {
  type CredentialSource,
  type OwnedDecision,
  prepareCredential,
} from "./credential_decision.ts";
import type { H2Exchange } from "./stream.ts";
import { refuse } from "../decision/refusal.ts";
import type { SessionServices } from "../http1/session.ts";
import { parseTarget } from "../decision/target.ts";

type Services =
  & Pick<SessionServices, "limits" | "begin" | "commit" | "record" | "now" | "redaction">
  & Pick<CredentialSource, "resolve" | "permitOf">
  & { readonly renew: RenewInjection };

/** Makes the policy of one connection. */
export function createH2Policy(
  connection: InterceptedConnection,
  services: Services,
): H2RelayPolicy<OwnedDecision> {
  const { target } = connection;
  const { headBytes, headFields } = services.limits;
  const { resolve, permitOf } = services;
  const source = { target, resolve, permitOf };
  return {
    prepare: (request) => prepare(request, connection, source),
    begin: ({ method, path, decision }) =>
      services.begin(startFact({ host: target.host, owner: decision?.owner, method, path })),
    commit: services.commit,
    record: (exchange) => record(exchange, target, services),
    redaction: createRedaction(target, services),
    now: services.now,
    limits: { ...DEFAULT_H2_LIMITS, headBytes, headFields },
  };
}

function record(
  exchange: H2Exchange<OwnedDecision>,
  { host }: HostAndPort,
  services: Services,
): void {
  const { decision, method, path, request, status } = exchange;
  const { requestBytes, responseBytes, milliseconds } = exchange;
  services.record(exchangeFact({
    host,
    owner: decision?.owner,
    method,
    path,
    request,
    status,
    refusal: decision?.kind === "refuse" ? decision.refusal : undefined,
    requestBytes,
    responseBytes,
    milliseconds,
  }));
  // The streams that follow get another credential; this one is over.
  if (status === 401 && decision?.kind === "inject") {
    services.renew(decision.injection).catch(() => {});
  }
}

function createRedaction(
  { host }: HostAndPort,
  { redaction, record }: Pick<SessionServices, "redaction" | "record">,
): H2Redaction<OwnedDecision> | undefined {
  return redaction && {
    searchFor: ({ owner }) => owner && redaction.searchFor(owner),
    searches: () => redaction.searches(),
    onHit: ({ method, path, decision }) => {
      record(redactedFact({ host, owner: decision?.owner, method, path }));
    },
  };
}

/** All that follows from a request's head alone is settled here; the result decides the rest. */
function prepare(
  request: H2Request,
  connection: InterceptedConnection,
  source: CredentialSource,
): () => Awaitable<OwnedDecision> {
  const target = parseTarget(request.path);
  if (target === undefined) {
    return always({ kind: "refuse", refusal: refuse(400, "The request's path is malformed.") });
  }
  const { method, authorities } = request;
  const decision = decideRequest({ method, target, authorities }, connection);
  switch (decision.kind) {
    case "refuse":
      return always(decision);
    case "tunnel":
    case "relay":
      return always({ kind: "relay" });
    case "inject":
      return prepareCredential(request, decision.route, source);
    default:
      return decision satisfies never;
  }
}

function always(decision: OwnedDecision): () => OwnedDecision {
  return () => decision;
}
