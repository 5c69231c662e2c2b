/**
 * The policy of an intercepted HTTP/2 connection: the decisions and records of HTTP/1, stream by
 * stream.
 *
 * @module
 */

import {
  chooseOwner,
  type CredentialOwner,
  credentialRequest,
  fieldInjection,
  type RenewInjection,
  type ResolveInjection,
} from "./credential_choice.ts";
import { decideRequest, type InterceptedConnection } from "./decision.ts";
import { exchangeFact } from "./exchange_fact.ts";
import { DEFAULT_H2_LIMITS } from "./h2_limits.ts";
import type { H2Request } from "./h2_request.ts";
import type { H2RelayPolicy } from "./h2_session.ts";
import type { H2Decision } from "./h2_stream.ts";
import { refusalOf, refuse } from "./refusal.ts";
import type { Route } from "./route.ts";
import type { SessionServices } from "./session.ts";
import { parseTarget } from "./target.ts";

/** A decision and whose credential it is about. */
export type OwnedDecision = H2Decision & { readonly owner?: CredentialOwner };

/** Makes the policy of one connection. */
export function createH2Policy(
  connection: InterceptedConnection,
  services: SessionServices & {
    readonly resolve: ResolveInjection;
    readonly renew: RenewInjection;
  },
): H2RelayPolicy<OwnedDecision> {
  const { target } = connection;
  const { headBytes, headFields } = services.limits;
  return {
    decide: (request) => decide(request, connection, services.resolve),
    record: ({ decision, ...exchange }) => {
      const refusal = decision?.kind === "refuse" ? decision.refusal : undefined;
      const owner = decision?.owner;
      services.record(exchangeFact({ ...exchange, host: target.host, owner, refusal }));
      // The streams that follow get another credential; this one is over.
      if (exchange.status === 401 && decision?.kind === "inject") {
        services.renew(decision.injection).catch(() => {});
      }
    },
    now: services.now,
    limits: { ...DEFAULT_H2_LIMITS, headBytes, headFields },
  };
}

function decide(
  request: H2Request,
  connection: InterceptedConnection,
  resolve: ResolveInjection,
): OwnedDecision | Promise<OwnedDecision> {
  const target = parseTarget(request.path);
  if (target === undefined) {
    return { kind: "refuse", refusal: refuse(400, "The request's path is malformed.") };
  }
  const { method, authorities } = request;
  const decision = decideRequest({ method, target, authorities }, connection);
  switch (decision.kind) {
    case "refuse":
      return decision;
    case "tunnel":
    case "relay":
      return { kind: "relay" };
    case "inject":
      return resolveDecision(request, decision.route, { connection, resolve });
    default:
      return decision satisfies never;
  }
}

async function resolveDecision(
  request: H2Request,
  route: Route,
  options: { readonly connection: InterceptedConnection; readonly resolve: ResolveInjection },
): Promise<OwnedDecision> {
  let owner: CredentialOwner = { provider: route.provider, connection: route.connection };
  try {
    owner = chooseOwner(route, {
      target: request.path,
      fieldValues: (name) => values(request, name),
    });
    const wanted = credentialRequest(owner, options.connection.target, route);
    return { kind: "inject", injection: fieldInjection(await options.resolve(wanted)), owner };
  } catch (error) {
    return { kind: "refuse", refusal: refusalOf(error), owner };
  }
}

function values(request: H2Request, name: string): string[] {
  const wanted = name.toLowerCase();
  return request.fields.filter((field) => field.name === wanted).map((field) => field.value);
}
