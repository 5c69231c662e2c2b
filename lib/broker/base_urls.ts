/**
 * The base URLs of one run: variables that lead SDKs to the proxy's own port, for programs that
 * cannot use a proxy.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { type HostAndPort, parseHostname } from "../hostname.ts";
import { matchHost } from "../host_pattern.ts";
import type { BaseUrlVariable, Provider } from "../provider.ts";
import {
  type BaseUrlOptions,
  type BaseUrlTarget,
  formatLabel,
} from "../proxy/decision/base_url.ts";
import { Secret } from "../secret.ts";
import type { Environment } from "./broker.ts";
import type { RoutePlan } from "./route_plan.ts";

/** What base URLs a run has. */
export interface BaseUrlPlan extends BaseUrlOptions {
  /** Sentences for stderr: variables that are left as they are, and why. */
  readonly notes: readonly string[];
  /** The child's variables, once the proxy's port is known. */
  variables(port: number): Environment;
}

interface Replacement extends BaseUrlTarget {
  readonly variable: string;
  /** What follows the host; begins with `/` or is empty. */
  readonly path: string;
}

/**
 * Plans the base URLs of every routed provider whose definition names variables for them. The token
 * is another one than the proxy's: addresses are logged more readily than passwords.
 *
 * @param env The parent's environment. A variable that leads to another host stays as it is.
 */
export function planBaseUrls(plan: RoutePlan, env: Environment): BaseUrlPlan {
  const token = new Secret(randomBytes(24).toString("base64url"));
  const replaced: Replacement[] = [];
  const notes: string[] = [];
  for (const provider of plan.providers) {
    for (const entry of provider.baseUrls) {
      const found = planVariable(entry, { plan, provider, env });
      if (typeof found === "string") notes.push(found);
      else replaced.push(found);
    }
  }
  if (plan.providers.length > 0 && replaced.length === 0 && notes.length === 0) {
    notes.push("No connected provider has a variable for its base URL.");
  }
  return {
    token,
    targets: replaced,
    notes,
    variables: (port) =>
      Object.fromEntries(replaced.map(({ variable, path, ...target }) => [
        variable,
        `http://127.0.0.1:${port}/${token.reveal()}/${formatLabel(target)}${path}`,
      ])),
  };
}

/** A sentence if the variable is left as it is. */
function planVariable(
  { variable, url }: BaseUrlVariable,
  context: { readonly plan: RoutePlan; readonly provider: Provider; readonly env: Environment },
): Replacement | string {
  const { plan, provider, env } = context;
  const address = parseAddress(env[variable] || url);
  const isRouted = address !== undefined && plan.routes.some((route) => {
    const { pattern } = route;
    const scheme = pattern.kind === "exact" ? pattern.scheme : "https";
    return route.provider === provider.name && scheme === address.scheme &&
      matchHost(pattern, address.target);
  });
  if (isRouted) return { variable, ...address };
  return `${variable} stays as it is: it does not lead to a host that is routed to ${provider.name}.`;
}

/** `undefined` for what is no http or https address with a plain host. */
function parseAddress(text: string): Omit<Replacement, "variable"> | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url?.protocol === "https:" ? "https" : "http";
  if (url === undefined || url.protocol !== `${scheme}:` || url.search + url.hash !== "") {
    return undefined;
  }
  const target = parseTarget(url.hostname, Number(url.port || (scheme === "https" ? 443 : 80)));
  return target && { scheme, target, path: url.pathname === "/" ? "" : url.pathname };
}

function parseTarget(host: string, port: number): HostAndPort | undefined {
  try {
    return { host: parseHostname(host), port };
  } catch {
    return undefined;
  }
}
