/**
 * Base URLs: addresses on the proxy's own port that stand for a service, for clients that can be
 * given an address but cannot use a proxy. `http://127.0.0.1:<port>/<token>/<service>/v1` stands for
 * `https://<service>/v1`.
 *
 * Theory of operation: a request below such an address is rewritten to what it would have been
 * inside a tunnel to the service, bytes and all, read again by the same strict parser, and from then
 * on is a request like any other: the same decision, the same credential, the same record. The
 * service is looked up among those that the run has announced; nothing in the path is ever taken for
 * a host name. A request that has the token anywhere else is refused, so that it cannot leave.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { formatHostAndPort, type HostAndPort, isLoopback } from "../../hostname.ts";
import type { Secret } from "../../secret.ts";
import type { HeadLimits } from "../http1/head_lines.ts";
import { editHead, formatLine } from "../injection/injector.ts";
import { type Refusal, refuse, RefusedError } from "./refusal.ts";
import { parseRequestHead, type RequestHead } from "../http1/request_head.ts";
import type { RouteScheme } from "./route.ts";
import { DEFAULT_PORT, parseAuthority } from "./target.ts";

/** A service that has a base URL. */
export interface BaseUrlTarget {
  readonly target: HostAndPort;
  readonly scheme: RouteScheme;
}

/** What base URLs are made of. */
export interface BaseUrlOptions {
  /** The first segment of every path. Letters, digits, `-` and `_`. */
  readonly token: Secret;
  readonly targets: readonly BaseUrlTarget[];
}

/** A request below a base URL, as the service is to get it. */
export interface ReaddressedRequest extends BaseUrlTarget {
  readonly head: RequestHead;
}

/** The segment that stands for a service. */
export function formatLabel({ target, scheme }: BaseUrlTarget): string {
  return target.port === DEFAULT_PORT[scheme] ? target.host : formatHostAndPort(target);
}

/** Recognises and rewrites requests below base URLs. One for a run. */
export class BaseUrls {
  readonly #token: string;
  readonly #expected: Uint8Array;
  readonly #targets: ReadonlyMap<string, BaseUrlTarget>;

  constructor({ token, targets }: BaseUrlOptions) {
    this.#token = token.reveal();
    this.#expected = Buffer.from(`/${this.#token}/`);
    this.#targets = new Map(targets.map((target) => [formatLabel(target), target]));
  }

  /** Whether the target begins with the token. Takes the same time for every wrong one. */
  isBelow(targetText: string): boolean {
    const given = Buffer.from(targetText.slice(0, this.#expected.length), "latin1");
    return given.length === this.#expected.length && timingSafeEqual(given, this.#expected);
  }

  /**
   * Rewrites a request that {@link isBelow} has recognised.
   *
   * @param port The proxy's own; 0 if it is reached by a socket file, and so by any port.
   * @throws {RefusedError} 404 for a service that has no base URL, 421 for a foreign `Host`, 400 if
   * the token stands anywhere else.
   * @throws {MalformedHeadError} if what is left is no request.
   */
  readdress(
    head: RequestHead,
    { port, limits }: { readonly port: number; readonly limits: HeadLimits },
  ): ReaddressedRequest {
    const rest = head.targetText.slice(this.#expected.length);
    const end = rest.search(/[/?]|$/);
    const found = this.#targets.get(rest.slice(0, end));
    if (found === undefined) throw new RefusedError(noSuchBaseUrl());
    if (!namesProxy(head.host, port)) throw new RefusedError(foreignHost());
    const path = rest.slice(end);
    const bytes = editHead(head.lines, {
      target: path.startsWith("/") ? path : `/${path}`,
      fields: [{ name: HOST, line: formatLine("Host", formatLabel(found)) }],
    });
    if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(this.#token)) {
      throw new RefusedError(tokenElsewhere());
    }
    return { ...found, head: parseRequestHead(bytes, limits) };
  }
}

const HOST = "Host";

function namesProxy(host: string | undefined, port: number): boolean {
  const authority = host === undefined ? undefined : parseAuthority(host, DEFAULT_PORT.http);
  if (authority === undefined || !isLoopback(authority.host)) return false;
  return port === 0 || authority.port === port;
}

/** The answer for a service that has no base URL. */
export function noSuchBaseUrl(): Refusal {
  return refuse(404, "No service has this base URL.", "Use it as the run's variables have it.");
}

function foreignHost(): Refusal {
  return refuse(421, "Host does not name the address that the run's base URLs have.");
}

function tokenElsewhere(): Refusal {
  return refuse(400, "The run's base URL stands in a header or query, where it would leave.");
}
