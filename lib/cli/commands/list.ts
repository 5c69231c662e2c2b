/**
 * `authsome list`: every provider with its connections.
 *
 * @module
 */

import type { ConnectionSummary } from "../../broker/connections.ts";
import { listProviders, type ProviderSummary } from "../../broker/provider_list.ts";
import type { ConnectionStatus } from "../../connection.ts";
import type { InputOf } from "../dispatch.ts";
import type { Output } from "../output.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";
import type { Style } from "../style.ts";
import type { Cell } from "../text.ts";

/** Runs the command. */
export function run(_input: InputOf<"list">, session: Session): number {
  const { output } = session;
  using broker = openCommandBroker(session);
  const providers = listProviders(broker);
  output.result({ profile: broker.profile, providers }, () => formatList(providers, output));
  if (providers.every((provider) => provider.connections.length === 0)) {
    output.note("Nothing is connected yet. Begin with: authsome login openai");
  }
  for (const { name, problem } of providers) {
    if (problem !== undefined && !output.json) output.warn(`${name}: ${problem}`);
  }
  return 0;
}

function formatList(providers: readonly ProviderSummary[], output: Output): string {
  const { style } = output;
  const header = ["PROVIDER", "SOURCE", "AUTH", "CONNECTION", "STATUS", "EXPIRES"];
  const rows: (readonly Cell[])[] = [header.map((text) => ({ text, paint: style.dim }))];
  for (const provider of providers.filter((one) => one.connections.length > 0)) {
    for (const connection of provider.connections) {
      rows.push(connectedRow(provider, connection, style));
    }
  }
  const several = providers.some((one) => one.connections.length > 1);
  const idle = providers.filter((one) => one.connections.length === 0);
  rows.push(...idle.map((provider) => idleRow(provider, style)));
  const legend = several ? style.dim("* is used when no connection is named") + "\n" : "";
  return output.table(rows) + legend;
}

function connectedRow(
  provider: ProviderSummary,
  connection: ConnectionSummary,
  style: Style,
): readonly Cell[] {
  const marked = connection.default && provider.connections.length > 1;
  return [
    { text: provider.name, paint: style.bold },
    { text: provider.source },
    { text: authOf(provider) },
    { text: marked ? `${connection.name} *` : connection.name },
    { text: connection.status, paint: paintOf(connection.status, style) },
    { text: connection.expires_at?.slice(0, 16).replace("T", " ") ?? "never" },
  ];
}

function idleRow(provider: ProviderSummary, style: Style): readonly Cell[] {
  const broken = provider.problem !== undefined;
  return [
    { text: provider.name },
    { text: provider.source },
    { text: authOf(provider) },
    { text: "-", paint: style.dim },
    broken ? { text: "invalid", paint: style.bad } : { text: "-", paint: style.dim },
    { text: "-", paint: style.dim },
  ];
}

function authOf({ auth_type }: ProviderSummary): string {
  switch (auth_type) {
    case "api_key":
      return "API key";
    case "oauth2":
      return "OAuth 2";
    case null:
      return "-";
    default:
      return auth_type satisfies never;
  }
}

function paintOf(status: ConnectionStatus, style: Style): Style["good"] {
  switch (status) {
    case "connected":
      return style.good;
    case "expired":
      return style.poor;
    case "revoked":
    case "invalid":
      return style.bad;
    default:
      return status satisfies never;
  }
}
