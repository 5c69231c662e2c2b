import assert from "node:assert/strict";
import {
  type ChildEnvironmentOptions,
  type ClientFiles,
  createChildEnvironment,
} from "../../lib/ca/child_environment.ts";
import { CLIENT_VARIABLES, spellingsOf } from "../../lib/ca/client_variables.ts";
import { parseHostname } from "../../lib/hostname.ts";

const PROXY = "http://authsome:token@127.0.0.1:4321";
const FILES: ClientFiles = {
  completeBundle: "/run/bundle.pem",
  additionalRoots: "/run/additional.pem",
  wgetrc: "/run/wgetrc",
  phpFolder: "/run/php",
};
const WITH_EXTRAS: ClientFiles = {
  ...FILES,
  nodePreload: "/run/preload.cjs",
  javaTrustStore: "/run/java.p12",
};

function create(options: Partial<ChildEnvironmentOptions> = {}): Record<string, string> {
  return createChildEnvironment({
    parent: {},
    proxyUrl: PROXY,
    files: FILES,
    placeholders: {},
    routedHosts: [parseHostname("api.openai.com")],
    os: "linux",
    ...options,
  });
}

Deno.test("an empty parent gets exactly the variables that are always needed", () => {
  const bundle = FILES.completeBundle;
  assert.deepEqual(create(), {
    HTTP_PROXY: PROXY,
    http_proxy: PROXY,
    HTTPS_PROXY: PROXY,
    https_proxy: PROXY,
    NO_PROXY: "localhost,127.0.0.1,::1",
    no_proxy: "localhost,127.0.0.1,::1",
    GIT_HTTP_PROXY_AUTHMETHOD: "basic",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "http.proxy",
    GIT_CONFIG_VALUE_0: PROXY,
    NODE_USE_ENV_PROXY: "1",
    SSL_CERT_FILE: bundle,
    CURL_CA_BUNDLE: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    GIT_SSL_CAINFO: bundle,
    PIP_CERT: bundle,
    AWS_CA_BUNDLE: bundle,
    CARGO_HTTP_CAINFO: bundle,
    CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE: bundle,
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: bundle,
    CODEX_CA_CERTIFICATE: bundle,
    HTTPLIB2_CA_CERTS: bundle,
    HEX_CACERTS_PATH: bundle,
    NPM_CONFIG_CAFILE: bundle,
    npm_config_cafile: bundle,
    NODE_EXTRA_CA_CERTS: FILES.additionalRoots,
    DENO_CERT: FILES.additionalRoots,
    WGETRC: FILES.wgetrc,
    PHP_INI_SCAN_DIR: ":/run/php",
    AUTHSOME_RUN: "1",
  });
});

Deno.test("what the parent has and no client needs changed is passed on", () => {
  const parent = { PATH: "/bin", HOME: "/home/me", LANG: "C", SSL_CERT_DIR: "/certs", EMPTY: "" };
  assert.deepEqual({ ...create({ parent }), ...parent }, create({ parent }));
});

Deno.test("variables that would win over ours are replaced where the parent sets them", () => {
  for (const row of CLIENT_VARIABLES.filter((row) => row.when === "replaces")) {
    for (const name of spellingsOf(row)) {
      assert.equal(create()[name], undefined, name);
      assert.equal(create({ parent: { [name]: "" } })[name], "", name);
      const parent = { [name]: "-Dparent=1" };
      const changed = create({ parent, files: WITH_EXTRAS })[name];
      assert.notEqual(changed, "-Dparent=1", name);
    }
  }
});

Deno.test("no variable is in the table twice", () => {
  const names = CLIENT_VARIABLES.map((row) => row.name);
  assert.equal(new Set(names).size, names.length);
});

Deno.test("placeholders replace the parent's real values", () => {
  const placeholders = { OPENAI_API_KEY: "authsome-proxy-managed" };
  const parent = { OPENAI_API_KEY: "sk-real", OTHER_KEY: "stays" };
  const child = create({ parent, placeholders });
  assert.equal(child["OPENAI_API_KEY"], "authsome-proxy-managed");
  assert.equal(child["OTHER_KEY"], "stays");
  assert.doesNotMatch(JSON.stringify(child), /sk-real/);
});

Deno.test("authsome's own variables are removed, except where the home and the profile are", () => {
  const parent = {
    AUTHSOME_MASTER_KEY: "secret-1",
    AUTHSOME_MASTER_KEY_FILE: "secret-2",
    AUTHSOME_PASSPHRASE: "secret-3",
    AUTHSOME_ANYTHING_NEW: "secret-4",
    AUTHSOME_HOME: "/home/me/.authsome",
    AUTHSOME_PROFILE: "work",
  };
  const child = create({ parent });
  assert.doesNotMatch(JSON.stringify(child), /secret-/);
  assert.deepEqual(Object.keys(child).filter((name) => name.startsWith("AUTHSOME_")).sort(), [
    "AUTHSOME_HOME",
    "AUTHSOME_PROFILE",
    "AUTHSOME_RUN",
  ]);
});

Deno.test("the parent's proxy and NO_PROXY do not reach the child", () => {
  const parent = {
    https_proxy: "http://corp:3128",
    ALL_PROXY: "socks5://corp:1080",
    NO_PROXY: "api.openai.com,corp.example",
    no_proxy: "*",
  };
  const child = create({ parent });
  assert.equal(child["https_proxy"], PROXY);
  assert.equal(child["ALL_PROXY"], PROXY);
  assert.equal(child["all_proxy"], undefined);
  assert.equal(child["NO_PROXY"], "localhost,127.0.0.1,::1,corp.example");
  assert.equal(child["no_proxy"], child["NO_PROXY"]);
});

Deno.test("NO_PROXY is absent where nothing may bypass", () => {
  const child = create({ parent: { NO_PROXY: "*" }, routedHosts: [parseHostname("localhost")] });
  assert.equal("NO_PROXY" in child || "no_proxy" in child, false);
});

Deno.test("NODE_OPTIONS is extended, and quoted as Node reads it", () => {
  const files = { ...FILES, nodePreload: 'C:\\a b\\"p".cjs' };
  const parent = { NODE_OPTIONS: "--max-old-space-size=512" };
  assert.equal(
    create({ parent, files })["NODE_OPTIONS"],
    '--max-old-space-size=512 --require "C:\\\\a b\\\\\\"p\\".cjs"',
  );
  assert.equal(create({ parent })["NODE_OPTIONS"], parent.NODE_OPTIONS);
  assert.equal("NODE_OPTIONS" in create(), false);
});

Deno.test("NODE_OPTIONS loses the preload of a run around this one, which may be hidden", () => {
  const [outer, nodePreload] = ["00ff", "11ee"].map((id) =>
    `/home/ann lee/.authsome/run/${id.repeat(4)}/node-preload.cjs`
  ) as [string, string];
  const files = { ...FILES, nodePreload };
  const around = create({ files: { ...FILES, nodePreload: outer } });
  assert.equal(create({ parent: around, files })["NODE_OPTIONS"], `--require "${nodePreload}"`);
  const parent = { NODE_OPTIONS: `--trace-exit ${around["NODE_OPTIONS"]} --require "./mine.cjs"` };
  assert.equal(
    create({ parent, files })["NODE_OPTIONS"]?.replaceAll(/ +/g, " "),
    `--trace-exit --require "./mine.cjs" --require "${nodePreload}"`,
  );
});

Deno.test("JAVA_TOOL_OPTIONS is extended and holds no token", () => {
  const parent = { JAVA_TOOL_OPTIONS: "-Xmx1g", NO_PROXY: ".corp.example,10.0.0.0/8,fd00::1" };
  const options = create({ parent, files: WITH_EXTRAS })["JAVA_TOOL_OPTIONS"] ?? "";
  assert.deepEqual(options.split(" "), [
    "-Xmx1g",
    "-Dhttp.proxyHost=127.0.0.1",
    "-Dhttp.proxyPort=4321",
    "-Dhttps.proxyHost=127.0.0.1",
    "-Dhttps.proxyPort=4321",
    "-Dhttp.nonProxyHosts=localhost|*.localhost|127.0.0.1|[::1]|corp.example|*.corp.example|[fd00::1]",
    "-Djavax.net.ssl.trustStore=/run/java.p12",
    "-Djavax.net.ssl.trustStoreType=PKCS12",
    "-Djavax.net.ssl.trustStorePassword=",
  ]);
  assert.doesNotMatch(options, /token/);
});

Deno.test("git's own proxy settings are overruled after those the parent passes", () => {
  const parent = {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "user.name",
    GIT_CONFIG_VALUE_0: "me",
  };
  const child = create({ parent });
  assert.equal(child["GIT_CONFIG_COUNT"], "2");
  assert.equal(child["GIT_CONFIG_KEY_0"], "user.name");
  assert.equal(child["GIT_CONFIG_KEY_1"], "http.proxy");
  assert.equal(child["GIT_CONFIG_VALUE_1"], PROXY);
});

Deno.test("PHP keeps the parent's folders", () => {
  const parent = { PHP_INI_SCAN_DIR: "/etc/php" };
  assert.equal(create({ parent })["PHP_INI_SCAN_DIR"], "/etc/php:/run/php");
  assert.equal(create({ parent, os: "windows" })["PHP_INI_SCAN_DIR"], "/etc/php;/run/php");
});

Deno.test("on Windows names differ by more than case", () => {
  const parent = { Path: "C:\\bin", Https_Proxy: "http://corp", authsome_master_key: "secret" };
  const placeholders = { OPENAI_API_KEY: "placeholder" };
  const child = create({
    parent: { ...parent, OpenAI_Api_Key: "sk-real" },
    placeholders,
    os: "windows",
  });
  assert.equal(child["Path"], "C:\\bin");
  const names = Object.keys(child).map((name) => name.toUpperCase());
  assert.equal(new Set(names).size, names.length);
  assert.equal(child["HTTPS_PROXY"], PROXY);
  assert.doesNotMatch(JSON.stringify(child), /secret|sk-real|corp/);
});
