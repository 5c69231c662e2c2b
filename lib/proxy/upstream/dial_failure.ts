/**
 * Why a connection to the world could not be opened, in sentences. Pure.
 *
 * @module
 */

import { formatHostAndPort, type HostAndPort } from "../../hostname.ts";
import { type Refusal, unreachable } from "../decision/refusal.ts";
import type { UpstreamProxy } from "./chained_proxy.ts";

/** Where a connection leads, and through which proxy of the parent's, if any. */
export interface Way {
  readonly target: HostAndPort;
  readonly proxy: UpstreamProxy | undefined;
}

/** What it means that a connection took longer than `limitMs` to open. */
export function explainDelay({ target, proxy }: Way, limitMs: number): Refusal {
  const name = formatHostAndPort(target);
  const through = proxy === undefined ? "" : `, through the ${describeProxy(proxy)},`;
  return unreachable(`${name}${through} did not answer within ${limitMs / 1000} seconds.`);
}

/** What `error` says about a connection to `target`. */
export function explainDial(target: HostAndPort, error: unknown): Refusal {
  const name = formatHostAndPort(target);
  switch (reasonOf(error)) {
    case "untrusted": {
      const hint =
        "If the certificate is of your own authority: authsome run --upstream-ca FILE -- …";
      return unreachable(`The certificate of ${name} is not trusted.`, hint);
    }
    case "refused":
      return unreachable(`${name} refuses connections.`, "Check that the service runs there.");
    case "unresolved":
      return unreachable(
        `The name ${target.host} cannot be resolved.`,
        "Check the network and DNS.",
      );
    default:
      return unreachable(`${name} cannot be reached.`, "Check the network, then try again.");
  }
}

/** What `error` says about the parent's proxy, on the way to some service. */
export function explainProxyDial(proxy: UpstreamProxy, error: unknown): Refusal {
  const { variable } = proxy;
  const name = `The ${describeProxy(proxy)}`;
  switch (reasonOf(error)) {
    case "untrusted": {
      const hint =
        "If the certificate is of your own authority: authsome run --upstream-ca FILE -- …";
      return unreachable(`${name} has a certificate that is not trusted.`, hint);
    }
    case "refused":
      return unreachable(`${name} refuses connections.`, correct(variable));
    case "unresolved":
      return unreachable(`${name} has a name that cannot be resolved.`, correct(variable));
    default:
      return unreachable(
        `${name} cannot be reached, or does not answer as a proxy.`,
        correct(variable),
      );
  }
}

/** What it means that the parent's proxy answered a CONNECT to `name` with `status`. */
export function explainProxyAnswer(
  proxy: UpstreamProxy,
  { status, name }: { readonly status: number; readonly name: string },
): Refusal {
  const hint = status === 407 ? `Put user and password into ${proxy.variable}.` : "";
  return unreachable(`The ${describeProxy(proxy)} answered ${status} for ${name}.`, hint);
}

/** Never its user info. */
function describeProxy({ address, variable }: UpstreamProxy): string {
  return `proxy ${formatHostAndPort(address)} (from ${variable})`;
}

function correct(variable: string): string {
  return `Check that it runs, correct ${variable}, or run: unset ${variable}`;
}

type Reason = "untrusted" | "refused" | "unresolved" | "unknown";

function reasonOf(error: unknown): Reason {
  const text = error instanceof Error ? error.message : "";
  if (/certificate|UnknownIssuer/i.test(text)) return "untrusted";
  if (error instanceof Deno.errors.ConnectionRefused) return "refused";
  return /lookup|resolve|name or service/i.test(text) ? "unresolved" : "unknown";
}
