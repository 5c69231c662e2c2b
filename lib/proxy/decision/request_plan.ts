/**
 * What is to happen with one HTTP/1 request, worked out before anything is sent.
 *
 * @module
 */

import { andThen, type Awaitable } from "../../awaitable.ts";
import type { HostAndPort } from "../../hostname.ts";
import {
  chooseOwner,
  type CredentialOwner,
  credentialRequest,
  type RenewInjection,
  type ResolveInjection,
} from "./credential_choice.ts";
import type { FieldInjection, SigningInjection } from "../../injection.ts";
import type { PolicyRequest } from "../../policy_check.ts";
import { decideRequest, type InterceptedConnection } from "./decision.ts";
import { fieldNames, fieldValues } from "../http1/head_lines.ts";
import {
  editHead,
  type FieldEdit,
  type HeadEdits,
  hopEdits,
  identityEdits,
  injectionEdits,
} from "../injection/injector.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { RequestHead } from "../http1/request_head.ts";
import type { FindPermit, Permit } from "./permit.ts";
import type { BodyRewriter } from "../http1/request_sender.ts";
import type { Route, RouteScheme } from "./route.ts";
import type { PlaceholderSource } from "./selection.ts";
import { findSignatureClaim } from "../injection/signature_claim.ts";
import { pathOf, queryOf } from "./target.ts";
import type { Destination } from "../upstream/pool.ts";

/** Whose business an exchange is, for the record. */
export interface ExchangeSubject {
  readonly host: string;
  readonly owner: CredentialOwner | undefined;
  /** As the service sees it, without query; empty for CONNECT. */
  readonly path: string;
}

/** A plan. */
export type RequestPlan =
  | {
    readonly kind: "forward";
    /** The head as it goes upstream. */
    readonly bytes: Uint8Array;
    readonly destination: Destination;
    readonly rewriter: BodyRewriter | undefined;
    /** The head with another credential, after the service has refused this one. */
    readonly renew: RenewHead | undefined;
  }
  | {
    readonly kind: "refuse";
    readonly refusal: Refusal;
  }
  /** The client asks for a connection; what follows is no request of this session. */
  | { readonly kind: "connect"; readonly target: HostAndPort };

/** Gives the head for a second try, or `undefined` if there is no other credential. */
export type RenewHead = () => Promise<Uint8Array | undefined>;

/** What a planner may ask of the session that the request came on. */
export interface PlanningSession {
  /** Takes whose business the request is, as soon as that is known. Not called without a route. */
  note(subject: ExchangeSubject): void;
  /** Whether the answer is searched for the credential, which must then come uncompressed. */
  readonly redacts: boolean;
  /** The request's whole body, left unread. @throws {RefusedError} if it cannot be held. */
  holdBody(): Promise<Uint8Array>;
}

/** Makes a plan. May throw what {@link refusalOf} reads: the request is then refused. */
export type RequestPlanner = (
  head: RequestHead,
  session: PlanningSession,
) => Awaitable<RequestPlan>;

const NO_EDITS: readonly FieldEdit[] = [];

/** What a plan for a routed host is made with. */
export interface RoutedPlanOptions {
  readonly connection: InterceptedConnection;
  readonly resolve: ResolveInjection;
  readonly renew: RenewInjection;
  /** Absent if the run has no policy. */
  readonly permitOf: FindPermit | undefined;
  /** Put in place of the request target, before a credential goes into it. */
  readonly target?: string;
  readonly session: PlanningSession;
}

/** Plans a request to a routed host: injected, relayed without a credential, or refused. */
export function planRouted(
  head: RequestHead,
  options: RoutedPlanOptions,
): Awaitable<RequestPlan> {
  const { connection, session } = options;
  const { target, routes: { scheme } } = connection;
  session.note({ host: target.host, owner: undefined, path: recordedPath(head) });
  if (head.target === undefined) {
    const refusal = refuse(501, "CONNECT is for proxies, and this is the service itself.");
    return { kind: "refuse", refusal };
  }
  const authorities = head.host === undefined ? [] : [head.host];
  const subject = {
    method: head.method,
    target: head.target,
    authorities,
    isSigned: () => findSignatureClaim(placeholderSource(head)) !== undefined,
  };
  const decision = decideRequest(subject, connection);
  switch (decision.kind) {
    case "refuse":
      return { kind: "refuse", refusal: decision.refusal };
    case "tunnel":
    case "relay": {
      const edits = { target: options.target, fields: [] };
      return forward(head, { target, scheme, edits });
    }
    case "inject":
      return planInjected(head, decision.route, options);
    default:
      return decision satisfies never;
  }
}

function planInjected(
  head: RequestHead,
  route: Route,
  options: RoutedPlanOptions,
): Awaitable<RequestPlan> {
  const { connection: { target }, resolve, session } = options;
  const source = placeholderSource(head);
  const owner = chooseOwner(route, source);
  session.note({ host: target.host, owner, path: recordedPath(head) });
  const permit = options.permitOf?.(owner);
  const injection = andThen(
    permit?.admit(policyRequest(head), target),
    () => resolve(credentialRequest(owner, target, route)),
  );
  const request = { head, permit };
  return andThen(injection, (found) => {
    return found.kind === "sigv4"
      ? planSigned(request, found, options)
      : planFilled(request, found, options);
  });
}

/** A request that may have a credential. */
interface AdmittedRequest {
  readonly head: RequestHead;
  readonly permit: Permit | undefined;
}

function planFilled(
  { head, permit }: AdmittedRequest,
  injection: FieldInjection,
  options: RoutedPlanOptions,
): RequestPlan {
  const { connection: { target, routes: { scheme } }, renew, session } = options;
  const uncompressed = session.redacts ? identityEdits(head.lines) : NO_EDITS;
  const editsFor = (filled: FieldInjection): HeadEdits => {
    const edits = injectionEdits(head, filled, options.target);
    return { target: edits.target, fields: edits.fields.concat(uncompressed) };
  };
  permit?.count();
  return forward(head, {
    target,
    scheme,
    edits: editsFor(injection),
    renew: async () => {
      const other = await renew(injection);
      if (other === undefined || other.kind === "sigv4") return undefined;
      return edited(head, editsFor(other));
    },
  });
}

async function planSigned(
  { head: received, permit }: AdmittedRequest,
  injection: SigningInjection,
  options: RoutedPlanOptions,
): Promise<RequestPlan> {
  // What was decided about must be what is signed and sent, though the body is received meanwhile.
  const head = copyHead(received);
  const source = placeholderSource(head);
  const { connection: { target, routes: { scheme } }, session } = options;
  const { signHead } = await import("../injection/signer.ts");
  const holdBody = (): Promise<Uint8Array> => session.holdBody();
  const signed = await signHead(head, { injection, source, target: options.target, holdBody });
  permit?.count();
  return forward(head, { target, scheme, ...signed });
}

/** How a request is forwarded. */
export interface ForwardOptions {
  readonly target: HostAndPort;
  readonly scheme: RouteScheme;
  /** Beside what every hop changes. */
  readonly edits: HeadEdits;
  readonly rewriter?: BodyRewriter | undefined;
  readonly renew?: RenewHead | undefined;
}

/** The plan that forwards. */
export function forward(head: RequestHead, options: ForwardOptions): RequestPlan {
  const { target, scheme, edits, rewriter, renew } = options;
  const bytes = edited(head, edits);
  return { kind: "forward", bytes, destination: { target, scheme }, rewriter, renew };
}

function edited(head: RequestHead, { target, fields }: HeadEdits): Uint8Array {
  return editHead(head.lines, { target, fields: hopEdits(head).concat(fields) });
}

function copyHead(head: RequestHead): RequestHead {
  return { ...head, lines: { ...head.lines, bytes: head.lines.bytes.slice() } };
}

function recordedPath({ target }: RequestHead): string {
  return target === undefined ? "" : pathOf(target);
}

function policyRequest(head: RequestHead): PolicyRequest {
  const { method, targetText, options } = head;
  return {
    method,
    path: recordedPath(head),
    query: queryOf(targetText),
    isUpgrade: options.upgrade,
    fieldNames: fieldNames(head.lines),
  };
}

function placeholderSource(head: RequestHead): PlaceholderSource {
  return {
    target: head.targetText,
    fieldValues: (name) => fieldValues(head.lines, name),
  };
}
