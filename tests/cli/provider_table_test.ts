import assert from "node:assert/strict";
import type { ProviderSummary } from "../../lib/broker/provider_list.ts";
import {
  formatOverview,
  formatProviders,
  type ProviderSearch,
  searchProviders,
} from "../../lib/cli/provider_table.ts";
import { createStyle } from "../../lib/cli/style.ts";
import { cellWidth } from "../../lib/cli/text.ts";
import { parseConnectionName } from "../../lib/connection.ts";

const CONNECTION = {
  name: parseConnectionName("default"),
  default: true,
  status: "connected",
  expires_at: null,
  scopes: [],
} as const;

function provider(name: string, fields: Partial<ProviderSummary> = {}): ProviderSummary {
  const common = { source: "bundled", auth_type: "api_key", connections: [] } as const;
  return { name, display_name: name.toUpperCase(), ...common, ...fields };
}

const PROVIDERS: readonly ProviderSummary[] = [
  provider("bedrock", { display_name: "Amazon Bedrock" }),
  provider("broken", { source: "custom", auth_type: null, problem: "wrong" }),
  provider("github", { auth_type: "oauth2" }),
  provider("google", { auth_type: "oauth2", connections: [CONNECTION] }),
  provider("openai", {
    connections: [CONNECTION, {
      ...CONNECTION,
      name: parseConnectionName("team"),
      default: false,
      status: "expired",
      expires_at: "2026-01-31T09:05:07Z",
    }],
  }),
];

const SEARCHES: readonly (readonly [search: Partial<ProviderSearch>, names: string])[] = [
  [{}, "bedrock broken github google openai"],
  [{ connected: true }, "google openai"],
  [{ auth: "oauth2" }, "github google"],
  [{ auth: "api_key", connected: true }, "openai"],
  [{ word: "AMAZON" }, "bedrock"],
  [{ word: "OpenAI" }, "openai"],
  [{ word: "g", auth: "oauth2", connected: true }, "google"],
  [{ word: "nowhere" }, ""],
];

for (const [search, names] of SEARCHES) {
  Deno.test(`searchProviders() with ${JSON.stringify(search)} finds '${names}'`, () => {
    const found = searchProviders(PROVIDERS, { connected: false, ...search });
    assert.equal(found.map(({ name }) => name).join(" "), names);
  });
}

const terminal = { isTerminal: false, columns: () => undefined, write: () => {} };
const style = createStyle(terminal, { env: {}, noColor: true });

Deno.test("formatProviders() begins with what is connected and marks defaults", () => {
  assert.equal(
    formatProviders(PROVIDERS, { style, columns: undefined }),
    [
      "PROVIDER  SOURCE   AUTH     CONNECTION  STATUS     EXPIRES",
      "google    bundled  OAuth 2  default     connected  never",
      "openai    bundled  API key  default *   connected  never",
      "openai    bundled  API key  team        expired    2026-01-31 09:05",
      "bedrock   bundled  API key  -           -          -",
      "broken    custom   -        -           invalid    -",
      "github    bundled  OAuth 2  -           -          -",
      "* is used when no connection is named",
      "",
    ].join("\n"),
  );
});

Deno.test("formatProviders() keeps name, connection and status at every width", () => {
  for (let columns = 32; columns <= 100; columns++) {
    const table = formatProviders(PROVIDERS.slice(0, 4), { style, columns, named: true });
    for (const line of table.split("\n")) assert.ok(cellWidth(line) <= columns, line);
    assert.match(table, /^google .*default +connected/m);
  }
});

Deno.test("formatOverview() gives rows to one's own providers and names to the others", () => {
  assert.equal(
    formatOverview(PROVIDERS, { style, columns: 80 }),
    [
      "PROVIDER  SOURCE   AUTH     CONNECTION  STATUS     EXPIRES",
      "google    bundled  OAuth 2  default     connected  never",
      "openai    bundled  API key  default *   connected  never",
      "openai    bundled  API key  team        expired    2026-01-31 09:05",
      "broken    custom   -        -           invalid    -",
      "* is used when no connection is named",
      "",
      "With API key, not connected (1)",
      "  bedrock",
      "",
      "With OAuth 2, not connected (1)",
      "  github",
      "",
    ].join("\n"),
  );
});
