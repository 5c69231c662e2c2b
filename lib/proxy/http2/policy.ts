/**
 * The policy of an intercepted HTTP/2 connection: the decisions and records of HTTP/1, stream by
 * stream.
 *
 * @module
 */

import type { HostAndPort } from "../../hostname.ts";
import type { PolicyRequest } from "../../policy_check.ts";
import {
  chooseOwner,
  type CredentialOwner,
  credentialRequest,
  fieldInjection,
  type RenewInjection,
  type ResolveInjection,
} from "../decision/credential_choice.ts";
import { decideRequest, type InterceptedConnection } from "../decision/decision.ts";
import { exchangeFact, redactedFact, startFact } from "../decision/exchange_fact.ts";
import { DEFAULT_H2_LIMITS } from "./limits.ts";
import type { H2Redaction } from "./redaction.ts";
import type { H2Request } from "./request.ts";
import type { H2RelayPolicy } from "./session.ts";
import type { H2Decision } from "./stream.ts";
import type { FindPermit } from "../decision/permit.ts";
import { refusalOf, refuse } from "../decision/refusal.ts";
import type { Route } from "../decision/route.ts";
import type { SessionServices } from "../http1/session.ts";
import { parseTarget, queryOf } from "../decision/target.ts";

/** A decision and whose credential it is about. */
export type OwnedDecision = H2Decision & { readonly owner?: CredentialOwner };

/** Makes the policy of one connection. */
export function createH2Policy(
  connection: InterceptedConnection,
  services: Pick<SessionServices, "limits" | "begin" | "record" | "now" | "redaction"> & {
    readonly resolve: ResolveInjection;
    readonly renew: RenewInjection;
    readonly permitOf: FindPermit | undefined;
  },
): H2RelayPolicy<OwnedDecision> {
  const { target } = connection;
  const { headBytes, headFields } = services.limits;
  const options = { connection, resolve: services.resolve, permitOf: services.permitOf };
  return {
    decide: (request) => decide(request, options),
    begin: ({ method, path, decision }) =>
      services.begin(startFact({ host: target.host, owner: decision?.owner, method, path })),
    record: ({ decision, ...exchange }) => {
      const refusal = decision?.kind === "refuse" ? decision.refusal : undefined;
      const owner = decision?.owner;
      services.record(exchangeFact({ ...exchange, host: target.host, owner, refusal }));
      // The streams that follow get another credential; this one is over.
      if (exchange.status === 401 && decision?.kind === "inject") {
        services.renew(decision.injection).catch(() => {});
      }
    },
    redaction: createRedaction(target, services),
    now: services.now,
    limits: { ...DEFAULT_H2_LIMITS, headBytes, headFields },
  };
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

function decide(
  request: H2Request,
  options: DecisionOptions,
): OwnedDecision | Promise<OwnedDecision> {
  const target = parseTarget(request.path);
  if (target === undefined) {
    return { kind: "refuse", refusal: refuse(400, "The request's path is malformed.") };
  }
  const { method, authorities } = request;
  const decision = decideRequest({ method, target, authorities }, options.connection);
  switch (decision.kind) {
    case "refuse":
      return decision;
    case "tunnel":
    case "relay":
      return { kind: "relay" };
    case "inject":
      return resolveDecision(request, decision.route, options);
    default:
      return decision satisfies never;
  }
}

interface DecisionOptions {
  readonly connection: InterceptedConnection;
  readonly resolve: ResolveInjection;
  readonly permitOf: FindPermit | undefined;
}

async function resolveDecision(
  request: H2Request,
  route: Route,
  options: DecisionOptions,
): Promise<OwnedDecision> {
  const { connection: { target }, resolve, permitOf } = options;
  let owner: CredentialOwner = { provider: route.provider, connection: route.connection };
  try {
    owner = chooseOwner(route, {
      target: request.path,
      fieldValues: (name) => values(request, name),
    });
    const permit = permitOf?.(owner);
    if (permit !== undefined) await permit.admit(policyRequest(request), target);
    const injection = fieldInjection(await resolve(credentialRequest(owner, target, route)));
    permit?.count();
    return { kind: "inject", injection, owner };
  } catch (error) {
    return { kind: "refuse", refusal: refusalOf(error), owner };
  }
}

function policyRequest(request: H2Request): PolicyRequest {
  const { method, protocol, fields } = request;
  const [path = ""] = request.path.split("?", 1);
  return {
    method: protocol === undefined ? method : "GET",
    path,
    query: queryOf(request.path),
    isUpgrade: protocol !== undefined,
    fieldNames: fields.map(({ name }) => name),
  };
}

function values(request: H2Request, name: string): string[] {
  const wanted = name.toLowerCase();
  return request.fields.filter((field) => field.name === wanted).map((field) => field.value);
}
