import assert from "node:assert/strict";
import { attack } from "../support/attacks.ts";
import { reviewProvider } from "../../lib/broker/registration_review.ts";
import { parseDefinition } from "../../lib/definition.ts";
import { matchHost, parseHostPattern } from "../../lib/host_pattern.ts";
import { parseHostname } from "../../lib/hostname.ts";
import { createRegistry } from "../../lib/registry.ts";
import { changed, type Json, KEY_DEFINITION, OAUTH_DEFINITION } from "../support/definitions.ts";

const NO_OTHERS = createRegistry({ bundled: {}, custom: [] });

/** Definitions that somebody talks a person into registering, and what each is after. */
const REFUSED: readonly [after: string, definition: Json][] = [
  [
    "a second header line in the prefix",
    changed(KEY_DEFINITION, { "api_key.header_prefix": "a\r\nX:" }),
  ],
  [
    "a header that frames the message",
    changed(KEY_DEFINITION, { "api_key.header_name": "Content-Length" }),
  ],
  ["the Host header", changed(KEY_DEFINITION, { "api_key.header_name": "Host" })],
  [
    "answers that are compressed, which nothing can be masked in",
    changed(KEY_DEFINITION, { extra_headers: { "Accept-Encoding": "gzip" } }),
  ],
  ["every host", changed(KEY_DEFINITION, { api_url: "*" })],
  ["every host of a registry", changed(KEY_DEFINITION, { api_url: "*.com" })],
  ["the sites of strangers under one name", changed(KEY_DEFINITION, { api_url: "*.github.io" })],
  [
    "more than the pattern seems to say",
    changed(KEY_DEFINITION, { api_url: "regex:api.acme.example" }),
  ],
  ["a search that never ends", changed(KEY_DEFINITION, { "api_key.key_pattern": "^(a+)+$" })],
  ["plain text on the way", changed(KEY_DEFINITION, { api_url: "http://api.acme.example" })],
  [
    "tokens in plain text",
    changed(OAUTH_DEFINITION, { "oauth.token_url": "http://acme.example/t" }),
  ],
  ["a file outside its folder", changed(KEY_DEFINITION, { name: "../../acme" })],
  [
    "the loader of the child's programs",
    changed(KEY_DEFINITION, { "export.env.api_key": "LD_PRELOAD" }),
  ],
  ["the child's PATH", changed(KEY_DEFINITION, { "export.env.api_key": "PATH" })],
  ["authsome's own variables", changed(KEY_DEFINITION, { "export.env.api_key": "AUTHSOME_HOME" })],
];

/** What `register` does with a definition before it asks anybody. */
function register(definition: Json): void {
  reviewProvider(parseDefinition(definition, "acme.json"), NO_OTHERS);
}

for (const [after, definition] of REFUSED) {
  attack(`a definition is after ${after}: refused`, () => {
    assert.throws(() => register(definition), (error: unknown) => {
      assert.ok(error instanceof Error && "code" in error, String(error));
      assert.ok(error.code === "usage" || error.code === "refused", String(error.code));
      return true;
    });
  });
}

/** Hosts that look like the pattern's to a careless search. */
const LOOK_ALIKES = [
  "api.acme.example.attacker.example",
  "evil-api.acme.example",
  "apixacme.example",
  "api.acme.example.",
  "acme.example",
];

for (const host of LOOK_ALIKES) {
  attack(`a host named ${host} passes for api.acme.example: it does not`, () => {
    const pattern = parseHostPattern("api.acme.example");
    let name;
    try {
      name = parseHostname(host);
    } catch {
      return; // no name at all
    }
    assert.equal(matchHost(pattern, { host: name, port: 443 }), false);
  });
}
