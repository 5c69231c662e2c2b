/**
 * What is to happen with one HTTP/1 request, worked out before anything is sent.
 *
 * @module
 */

import type { HostAndPort } from "../hostname.ts";
import {
  chooseOwner,
  type CredentialOwner,
  credentialRequest,
  fieldInjection,
  type ResolveInjection,
} from "./credential_choice.ts";
import { decideRequest, type InterceptedConnection } from "./decision.ts";
import { fieldName, fieldValue, findField, type HeadLines } from "./head_lines.ts";
import { editHead, type HeadEdits, hopEdits, injectionEdits } from "./injector.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { RequestHead } from "./request_head.ts";
import type { RouteScheme } from "./route.ts";
import type { Destination } from "./upstream_pool.ts";

/** Whose business an exchange is, for the record. Absent for hosts without a route. */
export interface ExchangeSubject {
  readonly host: string;
  readonly owner: CredentialOwner | undefined;
}

/** A plan. */
export type RequestPlan =
  | {
    readonly kind: "forward";
    /** The head as it goes upstream. */
    readonly bytes: Uint8Array;
    readonly destination: Destination;
    readonly subject: ExchangeSubject | undefined;
  }
  | {
    readonly kind: "refuse";
    readonly refusal: Refusal;
    readonly subject: ExchangeSubject | undefined;
  }
  /** The client asks for a connection; what follows is no request of this session. */
  | { readonly kind: "connect"; readonly target: HostAndPort };

/**
 * Makes a plan. May throw what {@link refusalOf} reads: the request is then refused. `note` takes
 * whose business it is as soon as that is known.
 */
export type RequestPlanner = (
  head: RequestHead,
  note: (subject: ExchangeSubject) => void,
) => Promise<RequestPlan>;

/** What a plan for a routed host is made with. */
export interface RoutedPlanOptions {
  readonly connection: InterceptedConnection;
  readonly resolve: ResolveInjection;
  /** Put in place of the request target, before a credential goes into it. */
  readonly target?: string;
  readonly note: (subject: ExchangeSubject) => void;
}

/** Plans a request to a routed host: injected, relayed without a credential, or refused. */
export async function planRouted(
  head: RequestHead,
  options: RoutedPlanOptions,
): Promise<RequestPlan> {
  const { connection, resolve, note } = options;
  const { target, routes } = connection;
  const bare: ExchangeSubject = { host: target.host, owner: undefined };
  note(bare);
  if (head.target === undefined) {
    const refusal = refuse(501, "CONNECT is for proxies, and this is the service itself.");
    return { kind: "refuse", refusal, subject: bare };
  }
  const authorities = head.host === undefined ? [] : [head.host];
  const subject = { method: head.method, target: head.target, authorities };
  const decision = decideRequest(subject, connection);
  switch (decision.kind) {
    case "refuse":
      return { kind: "refuse", refusal: decision.refusal, subject: bare };
    case "tunnel":
    case "relay":
      return forward(head, {
        target,
        scheme: routes.scheme,
        edits: retarget(options),
        subject: bare,
      });
    case "inject": {
      const owner = chooseOwner(decision.route, placeholderSource(head));
      const owned = { host: target.host, owner };
      note(owned);
      const injection = fieldInjection(await resolve(credentialRequest(owner, target)));
      const edits = injectionEdits(head, injection, options.target);
      const whole = { ...retarget(options), ...edits };
      return forward(head, { target, scheme: routes.scheme, edits: whole, subject: owned });
    }
    default:
      return decision satisfies never;
  }
}

/** How a request is forwarded. */
export interface ForwardOptions {
  readonly target: HostAndPort;
  readonly scheme: RouteScheme;
  /** Beside what every hop changes. */
  readonly edits: HeadEdits;
  readonly subject: ExchangeSubject | undefined;
}

/** The plan that forwards. */
export function forward(head: RequestHead, options: ForwardOptions): RequestPlan {
  const { target, scheme, edits, subject } = options;
  const bytes = editHead(head.lines, { ...edits, fields: [...hopEdits(head), ...edits.fields] });
  return { kind: "forward", bytes, destination: { target, scheme }, subject };
}

function retarget(options: RoutedPlanOptions): HeadEdits {
  return options.target === undefined ? { fields: [] } : { target: options.target, fields: [] };
}

function placeholderSource(head: RequestHead): Parameters<typeof chooseOwner>[1] {
  return {
    target: head.targetText,
    fieldValues: (name) => fieldValues(head.lines, name),
  };
}

function fieldValues(lines: HeadLines, name: string): string[] {
  const wanted = fieldName(name);
  const values: string[] = [];
  let index = findField(lines, wanted);
  for (; index >= 0; index = findField(lines, wanted, index + 1)) {
    values.push(fieldValue(lines, index));
  }
  return values;
}
