import assert from "node:assert/strict";
import { parseDefinition, parseDefinitionText } from "../lib/definition.ts";
import { AuthsomeError } from "../lib/errors.ts";
import { PLACEHOLDER } from "../lib/provider.ts";
import { refuseVariable } from "../lib/variable_name.ts";
import { BAD, GOOD, SUBTLE } from "./fixtures/definition_samples.ts";
import { changed, KEY_DEFINITION, OAUTH_DEFINITION } from "./support/definitions.ts";

const FILE = "providers/acme.json";

for (const [base, fields] of GOOD) {
  Deno.test(`parseDefinition() accepts ${base.flow} with ${JSON.stringify(fields)}`, () => {
    assert.equal(parseDefinition(changed(base, fields), FILE).name, "acme");
  });
}

for (const [base, fields, field] of [...BAD, ...SUBTLE]) {
  Deno.test(`parseDefinition() refuses ${base.flow} with ${JSON.stringify(fields)}`, () => {
    assert.throws(() => parseDefinition(changed(base, fields), FILE), (error) => {
      assert.ok(error instanceof AuthsomeError);
      assert.equal(error.code, "usage");
      assert.ok(error.message.startsWith(`${FILE}: '${field}' `), error.message);
      assert.notEqual(error.hint, "");
      return true;
    });
  });
}

for (const json of [null, 7, "text", [], [KEY_DEFINITION]]) {
  Deno.test(`parseDefinition() refuses ${JSON.stringify(json).slice(0, 20)}`, () => {
    assert.throws(() => parseDefinition(json, FILE), { code: "usage", message: /not an object/ });
  });
}

Deno.test("parseDefinition() fills in what the contract gives as defaults", () => {
  assert.deepEqual(parseDefinition(KEY_DEFINITION, FILE), {
    name: "acme",
    displayName: "Acme",
    authType: "api_key",
    flow: "api_key",
    apiUrls: [],
    placement: { kind: "header", name: "Authorization", prefix: "Bearer" },
    apiKey: {},
    extraHeaders: [],
    placeholder: PLACEHOLDER,
    client: {},
    exports: [],
    baseUrls: [],
  });
});

Deno.test("parseDefinition() fills in the defaults of an OAuth definition", () => {
  const { oauth, placement } = parseDefinition(OAUTH_DEFINITION, FILE);
  assert.deepEqual(placement, { kind: "header", name: "Authorization", prefix: "Bearer" });
  assert.deepEqual(oauth, {
    authorizationUrl: "https://acme.example/authorize",
    tokenUrl: "https://acme.example/token",
    scopes: [],
    pkce: true,
    supportsDeviceCode: false,
    supportsDcr: false,
    authorizationParams: {},
    deviceTokenRequest: "form",
  });
});

Deno.test("parseDefinition() reads every placement", () => {
  const read = (fields: Record<string, unknown>): unknown =>
    parseDefinition(changed(KEY_DEFINITION, fields), FILE).placement;
  assert.deepEqual(read({ "api_key.header_name": "X-Key", "api_key.header_prefix": null }), {
    kind: "header",
    name: "X-Key",
    prefix: "",
  });
  assert.deepEqual(read({ "api_key.header_prefix": "Klaviyo-API-Key" }), {
    kind: "header",
    name: "Authorization",
    prefix: "Klaviyo-API-Key",
  });
  assert.deepEqual(read({ "api_key.in": "query", "api_key.query_name": "key" }), {
    kind: "query",
    name: "key",
  });
  assert.deepEqual(read({ "api_key.in": "basic" }), {
    kind: "basic",
    username: "{key}",
    password: "",
  });
  assert.deepEqual(
    read({
      "api_key.in": "basic",
      "api_key.basic_username": "any",
      "api_key.basic_password": "{key}",
    }),
    { kind: "basic", username: "any", password: "{key}" },
  );
});

Deno.test("parseDefinition() matches a whole key even where the pattern has no anchors", () => {
  const definition = changed(KEY_DEFINITION, { "api_key.key_pattern": "ab|cd" });
  const { keyPattern } = parseDefinition(definition, FILE).apiKey;
  const matching = ["ab", "cd", "abd", "xcd", "abcd"].filter((key) => keyPattern?.test(key));
  assert.deepEqual(matching, ["ab", "cd"]);
});

Deno.test("parseDefinition() keeps the order of exported variables", () => {
  const env = { access_token: "ACME_TOKEN", api_key: ["B_KEY", "A_KEY"] };
  assert.deepEqual(
    parseDefinition(changed(KEY_DEFINITION, { "export.env": env }), FILE).exports,
    [
      { field: "api_key", variables: ["B_KEY", "A_KEY"] },
      { field: "access_token", variables: ["ACME_TOKEN"] },
    ],
  );
});

Deno.test("parseDefinition() reads older spellings as the present ones", () => {
  const old = changed(OAUTH_DEFINITION, {
    flow: "dcr_pkce",
    host_url: "api.acme.example",
    docs_url: "https://acme.example/",
    "registration.registration_endpoint": "https://acme.example/register",
    "oauth.supports_device_flow": true,
    "oauth.device_authorization_url": "https://acme.example/device",
    "oauth.authorization_method": "basic",
    "oauth.device_token_request": "oauth2_form",
    export: { ACME_TOKEN: "ACCESS_TOKEN", ACME_REFRESH: "REFRESH_TOKEN", ACME_T: "ACCESS_TOKEN" },
  });
  const present = changed(OAUTH_DEFINITION, {
    flow: "dcr_pkce",
    api_url: "api.acme.example",
    docs: "https://acme.example/",
    "oauth.registration_endpoint": "https://acme.example/register",
    "oauth.supports_device_code": true,
    "oauth.device_authorization_url": "https://acme.example/device",
    "oauth.token_endpoint_auth_method": "client_secret_basic",
    "oauth.device_token_request": "form",
    "export.env": { access_token: ["ACME_TOKEN", "ACME_T"] },
  });
  const before = structuredClone(old);
  assert.deepEqual(parseDefinition(old, FILE), parseDefinition(present, FILE));
  assert.deepEqual(old, before, "the definition itself is not changed");
});

Deno.test("parseDefinitionText() reads JSON with comments", () => {
  const text = `{ // Acme\n  ${JSON.stringify(KEY_DEFINITION).slice(1, -1)}, }`;
  assert.equal(parseDefinitionText(text, FILE).name, "acme");
});

Deno.test("parseDefinitionText() names the file of what is not JSON", () => {
  assert.throws(() => parseDefinitionText("{", FILE), {
    code: "usage",
    message: `${FILE}: it is not valid JSON.`,
  });
});

Deno.test("refuseVariable() keeps definitions away from variables that steer programs", () => {
  const refused = [
    "PATH",
    "HOME",
    "LD_PRELOAD",
    "DYLD_INSERT_LIBRARIES",
    "NODE_OPTIONS",
    "NODE_EXTRA_CA_CERTS",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "JAVA_TOOL_OPTIONS",
    "PYTHONPATH",
    "PERL5OPT",
    "RUBYOPT",
    "BASH_ENV",
    "IFS",
    "AUTHSOME_PASSPHRASE",
    "openai_api_key",
    "1KEY",
    "A-B",
    "",
  ];
  const allowed = [
    "OPENAI_API_KEY",
    "GITHUB_TOKEN",
    "PATHFINDER_KEY",
    "HOMEASSISTANT_TOKEN",
    "PROXYCURL_API_KEY",
    "CIRCLE_TOKEN",
    "CI_JOB_TOKEN",
    "PYTHONANYWHERE_API_TOKEN",
    "RUBYGEMS_API_KEY",
    "NODE_AUTH_TOKEN",
    "DENO_DEPLOY_TOKEN",
    "_KEY",
  ];
  assert.deepEqual(refused.filter((name) => refuseVariable(name) === undefined), []);
  assert.deepEqual(allowed.filter((name) => refuseVariable(name) !== undefined), []);
});
