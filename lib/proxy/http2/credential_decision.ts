/**
 * Decides about requests that get a credential: which one follows from the head alone, whether and
 * as what it may be had is asked for every request.
 *
 * @module
 */

import type { Awaitable } from "../../awaitable.ts";
import type { HostAndPort } from "../../hostname.ts";
import type { Injection } from "../../injection.ts";
import type { PolicyRequest } from "../../policy_check.ts";
import {
  chooseOwner,
  type CredentialOwner,
  type CredentialRequest,
  credentialRequest,
  fieldInjection,
  type ResolveInjection,
} from "../decision/credential_choice.ts";
import type { FindPermit, Permit } from "../decision/permit.ts";
import { refusalOf } from "../decision/refusal.ts";
import type { Route } from "../decision/route.ts";
import { queryOf } from "../decision/target.ts";
import type { H2Request } from "./request.ts";
import type { H2Decision } from "./stream.ts";

/** A decision and whose credential it is about. */
export type OwnedDecision = H2Decision & { readonly owner?: CredentialOwner };

/** Where credentials come from, and who may have them. */
export interface CredentialSource {
  /** What CONNECT named. */
  readonly target: HostAndPort;
  readonly resolve: ResolveInjection;
  readonly permitOf: FindPermit | undefined;
}

/** Makes the decisions about requests with the head of `request`, which took `route`. */
export function prepareCredential(
  request: H2Request,
  route: Route,
  source: CredentialSource,
): () => Awaitable<OwnedDecision> {
  const placeholders = {
    target: request.path,
    fieldValues: (name: string) => valuesOf(request, name),
  };
  try {
    const decisions = new CredentialDecisions(request, {
      owner: chooseOwner(route, placeholders),
      route,
      source,
    });
    return () => decisions.next();
  } catch (error) {
    const refused = refuseFor({ provider: route.provider, connection: route.connection }, error);
    return () => refused;
  }
}

class CredentialDecisions {
  readonly #request: H2Request;
  readonly #owner: CredentialOwner;
  readonly #source: CredentialSource;
  readonly #wanted: CredentialRequest;
  #latest: Extract<OwnedDecision, { kind: "inject" }> | undefined;

  constructor(request: H2Request, { owner, route, source }: {
    readonly owner: CredentialOwner;
    readonly route: Route;
    readonly source: CredentialSource;
  }) {
    this.#request = request;
    this.#owner = owner;
    this.#source = source;
    this.#wanted = credentialRequest(owner, source.target, route);
  }

  next(): Awaitable<OwnedDecision> {
    const { permitOf, resolve } = this.#source;
    try {
      const permit = permitOf?.(this.#owner);
      if (permit !== undefined) return this.#admit(permit);
      const injection = resolve(this.#wanted);
      return injection instanceof Promise ? this.#await(injection) : this.#inject(injection);
    } catch (error) {
      return refuseFor(this.#owner, error);
    }
  }

  async #admit(permit: Permit): Promise<OwnedDecision> {
    const { resolve, target } = this.#source;
    try {
      await permit.admit(policyRequest(this.#request), target);
      const decision = this.#inject(await resolve(this.#wanted));
      permit.count();
      return decision;
    } catch (error) {
      return refuseFor(this.#owner, error);
    }
  }

  async #await(injection: Promise<Injection>): Promise<OwnedDecision> {
    try {
      return this.#inject(await injection);
    } catch (error) {
      return refuseFor(this.#owner, error);
    }
  }

  #inject(given: Injection): OwnedDecision {
    const injection = fieldInjection(given);
    if (this.#latest?.injection === injection) return this.#latest;
    return this.#latest = { kind: "inject", injection, owner: this.#owner };
  }
}

function refuseFor(owner: CredentialOwner, error: unknown): OwnedDecision {
  return { kind: "refuse", refusal: refusalOf(error), owner };
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

function valuesOf(request: H2Request, name: string): string[] {
  const wanted = name.toLowerCase();
  return request.fields.filter((field) => field.name === wanted).map((field) => field.value);
}
