/**
 * Providers for people: which ones a search means, as rows and as an overview.
 *
 * @module
 */

import type { ConnectionSummary } from "../broker/connections.ts";
import type { ProviderSummary } from "../broker/provider_list.ts";
import type { ConnectionStatus } from "../connection.ts";
import type { AuthType } from "../provider.ts";
import { dropColumns, formatNames } from "./columns.ts";
import type { Style } from "./style.ts";
import { type Cell, formatTable } from "./text.ts";

/** Which providers are wanted. Absent fields do not matter. */
export interface ProviderSearch {
  /** Only those with a connection. */
  readonly connected: boolean;
  readonly auth?: string | undefined;
  /** Part of the name or of the display name, in any case. */
  readonly word?: string | undefined;
}

/** Where the text goes. */
export interface TablePlace {
  readonly style: Style;
  /** Width in cells, if known. */
  readonly columns: number | undefined;
  /** Whether to show display names too, for a search that may have met one. */
  readonly named?: boolean;
}

/** The providers that a search means. */
export function searchProviders(
  providers: readonly ProviderSummary[],
  { connected, auth, word = "" }: ProviderSearch,
): readonly ProviderSummary[] {
  const part = word.toLowerCase();
  return providers.filter((provider) =>
    (!connected || provider.connections.length > 0) &&
    (auth === undefined || provider.auth_type === auth) &&
    [provider.name, provider.display_name].some((name) => name.toLowerCase().includes(part))
  );
}

const HEADER = ["PROVIDER", "SOURCE", "AUTH", "CONNECTION", "STATUS", "EXPIRES", "SERVICE"];
const SERVICE = 6;
/** What a narrow terminal does without, first things first: service, source, expiry, auth. */
const EXPENDABLE = [SERVICE, 1, 5, 2];
/** Width of names side by side where the terminal's is unknown. */
const COMMON_WIDTH = 80;

/** A row for each connection and for each provider without one; connected ones come first. */
export function formatProviders(
  providers: readonly ProviderSummary[],
  { style, columns, named = false }: TablePlace,
): string {
  const connected = providers.filter((one) => one.connections.length > 0);
  const rows = [
    HEADER.map((text) => ({ text, paint: style.dim })),
    ...connected.flatMap((provider) =>
      provider.connections.map((connection) => connectedRow(provider, connection, style))
    ),
    ...providers.filter((one) => one.connections.length === 0)
      .map((provider) => idleRow(provider, style)),
  ];
  const several = connected.some((one) => one.connections.length > 1);
  const legend = several ? style.dim("* is used when no connection is named") + "\n" : "";
  const shown = named ? rows : rows.map((row) => row.slice(0, SERVICE));
  return formatTable(dropColumns(shown, { columns, expendable: EXPENDABLE }), { columns }) + legend;
}

/**
 * What a person at a terminal wants of hundreds of providers: rows for those of their own, names for
 * the others.
 */
export function formatOverview(providers: readonly ProviderSummary[], place: TablePlace): string {
  const { style, columns = COMMON_WIDTH } = place;
  const own = providers.filter(isOwn);
  const others = providers.filter((provider) => !isOwn(provider));
  const groups = (["api_key", "oauth2"] as const).flatMap((authType) => {
    const names = others.filter(({ auth_type }) => auth_type === authType).map(({ name }) => name);
    if (names.length === 0) return [];
    const title = style.bold(`With ${nameOf(authType)}, not connected (${names.length})`);
    return [`${title}\n${formatNames(names, { columns, indent: "  " })}`];
  });
  const rows = own.length === 0 ? [] : [formatProviders(own, place)];
  return [...rows, ...groups].join("\n");
}

/** Whether a person has done something about the provider. */
function isOwn({ connections, source }: ProviderSummary): boolean {
  return connections.length > 0 || source === "custom";
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
    { text: provider.display_name, paint: style.dim },
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
    { text: broken ? "" : provider.display_name, paint: style.dim },
  ];
}

function authOf({ auth_type }: ProviderSummary): string {
  return auth_type === null ? "-" : nameOf(auth_type);
}

function nameOf(authType: AuthType): string {
  switch (authType) {
    case "api_key":
      return "API key";
    case "oauth2":
      return "OAuth 2";
    default:
      return authType satisfies never;
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
