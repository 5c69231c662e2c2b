/**
 * Provider definitions: one documented error, which names the file, and a definition that is read can
 * be used for any host.
 *
 * @module
 */

import assert from "node:assert/strict";
import { resolveApiUrls } from "../../../lib/base_url.ts";
import { parseDefinitionText } from "../../../lib/definition.ts";
import { AuthsomeError } from "../../../lib/errors.ts";
import { matchHost, parseHostPattern } from "../../../lib/host_pattern.ts";
import { parseHostname } from "../../../lib/hostname.ts";
import { createInjection } from "../../../lib/injection.ts";
import type { Provider } from "../../../lib/provider.ts";
import { Secret } from "../../../lib/secret.ts";
import { OAUTH_DEFINITION } from "../../support/definitions.ts";
import { generateJson, textOf } from "../json_text.ts";
import { type FuzzTarget, outcomeOf } from "../target.ts";

const KEY_DEFINITION = {
  schema_version: 1,
  name: "acme",
  display_name: "Acme",
  auth_type: "api_key",
  flow: "api_key",
  docs: "https://acme.example/docs",
  api_url: ["api.acme.example", "*.acme.example", "https://acme.example/v1", "regex:^a[0-9]+$"],
  api_key: {
    header_name: "X-Key",
    header_prefix: "Key",
    env_var: "ACME_KEY",
    key_pattern: "^ak-[a-z0-9]{4,}$",
    key_pattern_hint: "Acme keys start with 'ak-'",
  },
  extra_headers: { "X-Version": "1" },
  export: { env: { api_key: ["ACME_API_KEY", "ACME_KEY"] } },
};

const SAMPLES: readonly unknown[] = [
  KEY_DEFINITION,
  OAUTH_DEFINITION,
  { ...KEY_DEFINITION, api_url: "{base_url}" },
  { ...KEY_DEFINITION, api_key: { in: "query", query_name: "key" } },
  {
    ...KEY_DEFINITION,
    api_key: { in: "basic", basic_username: "{key}", basic_password: "x" },
  },
];

const HOSTS = ["api.acme.example", "a1", "evil.example"].map(parseHostname);

/** The target. */
export const definition: FuzzTarget = {
  name: "definition",
  generate: (random) => generateJson(random, SAMPLES),
  check: (input) => {
    const parsed = outcomeOf(
      () => parseDefinitionText(textOf(input), "the-file.json"),
      AuthsomeError,
    );
    if ("value" in parsed) return checkUse(parsed.value);
    assert.ok(parsed.error.startsWith("the-file.json"), parsed.error);
    assert.ok(parsed.error.length < 1000, "a message a person can read");
  },
};

function checkUse(provider: Provider): void {
  const urls = outcomeOf(() => resolveApiUrls(provider, "https://x.example"), AuthsomeError);
  for (const url of "value" in urls ? urls.value : []) {
    const pattern = parseHostPattern(url);
    for (const host of HOSTS) matchHost(pattern, { host, port: 443 });
  }
  if (provider.placement.kind === "sigv4") return;
  const injection = createInjection(provider, new Secret("k"));
  assert.ok("secret" in injection);
}
