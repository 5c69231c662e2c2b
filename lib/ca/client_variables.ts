/**
 * The environment variables that lead clients through the proxy and make them trust it: one table.
 *
 * Theory of operation: a row says which variable gets which value, and why it is there. A row that
 * applies `always` is needed by some client that reads nothing else. One that `replaces` is needed
 * only where the parent sets it, as it would win over a variable of the first kind; children do not
 * get variables that mean nothing to them.
 *
 * @module
 */

/** What a variable is set to. */
export type ClientValue =
  /** The proxy's URL with the run's token as password. */
  | "proxy_url"
  /** Hosts that bypass the proxy. */
  | "no_proxy"
  /** File of every root the child is to trust, for clients that then trust nothing else. */
  | "complete_bundle"
  /** File of the roots to trust besides the client's own: short, so each start stays cheap. */
  | "additional_roots"
  /** File of wget settings. */
  | "wgetrc"
  /** The parent's folders of PHP settings, and ours. */
  | "php_scan_folders"
  /** The parent's Node options, and ours. */
  | "node_options"
  /** The parent's Java options, and ours. */
  | "java_options"
  /** The word `basic`. */
  | "basic"
  /** The digit `1`. */
  | "one"
  /** Not set at all. */
  | "nothing";

/** One row of the table. */
export interface ClientVariable {
  readonly name: string;
  readonly value: ClientValue;
  /** `replaces`: only where the parent sets it to something. */
  readonly when: "always" | "replaces";
  /** Whether clients read the lower-case spelling too. */
  readonly lowerCase?: true;
  readonly reason: string;
}

/** Every variable that {@link createChildEnvironment} sets, beside the placeholders. */
export const CLIENT_VARIABLES: readonly ClientVariable[] = [
  {
    name: "HTTP_PROXY",
    value: "proxy_url",
    when: "always",
    lowerCase: true,
    reason: "plain http://, and clients that know no other; curl reads the lower case only",
  },
  {
    name: "HTTPS_PROXY",
    value: "proxy_url",
    when: "always",
    lowerCase: true,
    reason: "almost every client",
  },
  {
    name: "NO_PROXY",
    value: "no_proxy",
    when: "always",
    lowerCase: true,
    reason: "the parent's own could bypass a route",
  },
  {
    name: "ALL_PROXY",
    value: "proxy_url",
    when: "replaces",
    lowerCase: true,
    reason: "the fallback of curl, httpx and others; theirs could be a SOCKS proxy",
  },
  {
    name: "GRPC_PROXY",
    value: "proxy_url",
    when: "replaces",
    lowerCase: true,
    reason: "gRPC C-core prefers it over HTTPS_PROXY",
  },
  {
    name: "NO_GRPC_PROXY",
    value: "no_proxy",
    when: "replaces",
    lowerCase: true,
    reason: "gRPC C-core prefers it over NO_PROXY",
  },
  {
    name: "WSS_PROXY",
    value: "proxy_url",
    when: "replaces",
    lowerCase: true,
    reason: "WebSocket clients prefer it over HTTPS_PROXY",
  },
  {
    name: "NPM_CONFIG_HTTPS_PROXY",
    value: "proxy_url",
    when: "replaces",
    lowerCase: true,
    reason: "npm prefers it over HTTPS_PROXY",
  },
  {
    name: "NPM_CONFIG_PROXY",
    value: "proxy_url",
    when: "replaces",
    lowerCase: true,
    reason: "npm prefers it over HTTP_PROXY",
  },
  {
    name: "NPM_CONFIG_NOPROXY",
    value: "no_proxy",
    when: "replaces",
    lowerCase: true,
    reason: "npm prefers it over NO_PROXY",
  },
  {
    name: "YARN_HTTPS_PROXY",
    value: "proxy_url",
    when: "replaces",
    reason: "yarn prefers it over HTTPS_PROXY",
  },
  {
    name: "PIP_PROXY",
    value: "proxy_url",
    when: "replaces",
    reason: "pip prefers it over HTTPS_PROXY",
  },
  {
    name: "CARGO_HTTP_PROXY",
    value: "proxy_url",
    when: "replaces",
    reason: "cargo prefers it over HTTPS_PROXY",
  },
  {
    name: "CLOUDSDK_PROXY_ADDRESS",
    value: "nothing",
    when: "replaces",
    reason: "gcloud prefers it over HTTPS_PROXY",
  },
  {
    name: "CLOUDSDK_PROXY_TYPE",
    value: "nothing",
    when: "replaces",
    reason: "gcloud refuses it without an address",
  },
  {
    name: "CLOUDSDK_PROXY_PORT",
    value: "nothing",
    when: "replaces",
    reason: "gcloud refuses it without an address",
  },
  {
    name: "GIT_HTTP_PROXY_AUTHMETHOD",
    value: "basic",
    when: "always",
    reason: "git sends the token at once instead of after a 407",
  },
  {
    name: "NODE_USE_ENV_PROXY",
    value: "one",
    when: "always",
    reason: "Node from 22.21 and 24 reads HTTPS_PROXY only with it",
  },
  {
    name: "NODE_OPTIONS",
    value: "node_options",
    when: "always",
    reason: "older Node does not read HTTPS_PROXY at all; the preload does",
  },
  {
    name: "JAVA_TOOL_OPTIONS",
    value: "java_options",
    when: "always",
    reason: "Java reads neither HTTPS_PROXY nor PEM files",
  },
  {
    name: "_JAVA_OPTIONS",
    value: "java_options",
    when: "replaces",
    reason: "Java prefers it over JAVA_TOOL_OPTIONS",
  },
  {
    name: "SSL_CERT_FILE",
    value: "complete_bundle",
    when: "always",
    reason: "OpenSSL, Python's ssl and httpx, Go and .NET on Linux, Ruby, Rust, uv, Bun, curl",
  },
  {
    name: "CURL_CA_BUNDLE",
    value: "complete_bundle",
    when: "always",
    reason: "curl prefers it over SSL_CERT_FILE, and SSL_CERT_DIR too",
  },
  {
    name: "REQUESTS_CA_BUNDLE",
    value: "complete_bundle",
    when: "always",
    reason: "Python requests does not read SSL_CERT_FILE",
  },
  {
    name: "GIT_SSL_CAINFO",
    value: "complete_bundle",
    when: "always",
    reason: "git reads nothing else",
  },
  {
    name: "PIP_CERT",
    value: "complete_bundle",
    when: "always",
    reason: "pip prefers it over REQUESTS_CA_BUNDLE, also where a settings file names another",
  },
  {
    name: "AWS_CA_BUNDLE",
    value: "complete_bundle",
    when: "always",
    reason: "the aws CLI and SDKs; it wins over a ca_bundle in their settings file",
  },
  {
    name: "CARGO_HTTP_CAINFO",
    value: "complete_bundle",
    when: "always",
    reason: "cargo; it wins over a cainfo in its settings file",
  },
  {
    name: "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
    value: "complete_bundle",
    when: "always",
    reason: "gcloud",
  },
  {
    name: "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    value: "complete_bundle",
    when: "always",
    reason: "gRPC C-core reads nothing else",
  },
  {
    name: "CODEX_CA_CERTIFICATE",
    value: "complete_bundle",
    when: "always",
    reason: "the Codex CLI prefers it over SSL_CERT_FILE",
  },
  {
    name: "HTTPLIB2_CA_CERTS",
    value: "complete_bundle",
    when: "always",
    reason: "Python httplib2 (Google's clients) reads nothing else",
  },
  {
    name: "HEX_CACERTS_PATH",
    value: "complete_bundle",
    when: "always",
    reason: "Elixir's package manager reads nothing else",
  },
  {
    name: "NIX_SSL_CERT_FILE",
    value: "complete_bundle",
    when: "replaces",
    reason: "OpenSSL as Nix builds it prefers it over SSL_CERT_FILE",
  },
  {
    name: "BUNDLE_SSL_CA_CERT",
    value: "complete_bundle",
    when: "replaces",
    reason: "Ruby's bundler prefers it over SSL_CERT_FILE",
  },
  {
    name: "PERL_LWP_SSL_CA_FILE",
    value: "complete_bundle",
    when: "replaces",
    reason: "Perl's LWP prefers it over SSL_CERT_FILE",
  },
  {
    name: "NPM_CONFIG_CAFILE",
    value: "complete_bundle",
    when: "always",
    lowerCase: true,
    reason: "npm, where a settings file names another; it then ignores NODE_EXTRA_CA_CERTS",
  },
  {
    name: "YARN_HTTPS_CA_FILE_PATH",
    value: "complete_bundle",
    when: "replaces",
    reason: "yarn then trusts nothing else",
  },
  {
    name: "NODE_EXTRA_CA_CERTS",
    value: "additional_roots",
    when: "always",
    reason: "Node, npm, Bun, Claude Code; added to their own roots",
  },
  {
    name: "DENO_CERT",
    value: "additional_roots",
    when: "always",
    reason: "Deno; added to its own roots",
  },
  {
    name: "WGETRC",
    value: "wgetrc",
    when: "always",
    reason: "wget reads no variable with roots, only its settings file",
  },
  {
    name: "PHP_INI_SCAN_DIR",
    value: "php_scan_folders",
    when: "always",
    reason: "PHP reads no variable with roots, only its settings files",
  },
  {
    name: "AUTHSOME_RUN",
    value: "one",
    when: "always",
    reason: "tells programs that they are inside a run",
  },
];
