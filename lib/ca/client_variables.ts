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
  readonly lowerCase: boolean;
  readonly reason: string;
}

type Row = readonly [
  name: string,
  value: ClientValue,
  when: ClientVariable["when"],
  reason: string,
  spelling?: "either case",
];

const ROWS: readonly Row[] = [
  [
    "HTTP_PROXY",
    "proxy_url",
    "always",
    "plain http://, and clients that know no other; curl reads the lower case only",
    "either case",
  ],
  ["HTTPS_PROXY", "proxy_url", "always", "almost every client", "either case"],
  ["NO_PROXY", "no_proxy", "always", "the parent's own could bypass a route", "either case"],
  [
    "ALL_PROXY",
    "proxy_url",
    "replaces",
    "the fallback of curl, httpx and others; theirs could be a SOCKS proxy",
    "either case",
  ],
  ["GRPC_PROXY", "proxy_url", "replaces", "gRPC C-core prefers it over HTTPS_PROXY", "either case"],
  ["NO_GRPC_PROXY", "no_proxy", "replaces", "gRPC C-core prefers it over NO_PROXY", "either case"],
  [
    "WSS_PROXY",
    "proxy_url",
    "replaces",
    "WebSocket clients prefer it over HTTPS_PROXY",
    "either case",
  ],
  [
    "NPM_CONFIG_HTTPS_PROXY",
    "proxy_url",
    "replaces",
    "npm prefers it over HTTPS_PROXY",
    "either case",
  ],
  ["NPM_CONFIG_PROXY", "proxy_url", "replaces", "npm prefers it over HTTP_PROXY", "either case"],
  ["NPM_CONFIG_NOPROXY", "no_proxy", "replaces", "npm prefers it over NO_PROXY", "either case"],
  ["YARN_HTTPS_PROXY", "proxy_url", "replaces", "yarn prefers it over HTTPS_PROXY"],
  ["PIP_PROXY", "proxy_url", "replaces", "pip prefers it over HTTPS_PROXY"],
  ["CARGO_HTTP_PROXY", "proxy_url", "replaces", "cargo prefers it over HTTPS_PROXY"],
  ["CLOUDSDK_PROXY_ADDRESS", "nothing", "replaces", "gcloud prefers it over HTTPS_PROXY"],
  ["CLOUDSDK_PROXY_TYPE", "nothing", "replaces", "gcloud refuses it without an address"],
  ["CLOUDSDK_PROXY_PORT", "nothing", "replaces", "gcloud refuses it without an address"],
  [
    "GIT_HTTP_PROXY_AUTHMETHOD",
    "basic",
    "always",
    "git sends the token at once instead of after a 407",
  ],
  ["NODE_USE_ENV_PROXY", "one", "always", "Node from 22.21 and 24 reads HTTPS_PROXY only with it"],
  [
    "NODE_OPTIONS",
    "node_options",
    "always",
    "older Node does not read HTTPS_PROXY at all; the preload does",
  ],
  ["JAVA_TOOL_OPTIONS", "java_options", "always", "Java reads neither HTTPS_PROXY nor PEM files"],
  ["_JAVA_OPTIONS", "java_options", "replaces", "Java prefers it over JAVA_TOOL_OPTIONS"],
  [
    "SSL_CERT_FILE",
    "complete_bundle",
    "always",
    "OpenSSL, Python's ssl and httpx, Go and .NET on Linux, Ruby, Rust, uv, Bun, curl",
  ],
  [
    "CURL_CA_BUNDLE",
    "complete_bundle",
    "always",
    "curl prefers it over SSL_CERT_FILE, and SSL_CERT_DIR too",
  ],
  [
    "REQUESTS_CA_BUNDLE",
    "complete_bundle",
    "always",
    "Python requests does not read SSL_CERT_FILE",
  ],
  ["GIT_SSL_CAINFO", "complete_bundle", "always", "git reads nothing else"],
  [
    "PIP_CERT",
    "complete_bundle",
    "always",
    "pip prefers it over REQUESTS_CA_BUNDLE, also where a settings file names another",
  ],
  [
    "AWS_CA_BUNDLE",
    "complete_bundle",
    "always",
    "the aws CLI and SDKs; it wins over a ca_bundle in their settings file",
  ],
  [
    "CARGO_HTTP_CAINFO",
    "complete_bundle",
    "always",
    "cargo; it wins over a cainfo in its settings file",
  ],
  ["CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "complete_bundle", "always", "gcloud"],
  [
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "complete_bundle",
    "always",
    "gRPC C-core reads nothing else",
  ],
  [
    "CODEX_CA_CERTIFICATE",
    "complete_bundle",
    "always",
    "the Codex CLI prefers it over SSL_CERT_FILE",
  ],
  [
    "HTTPLIB2_CA_CERTS",
    "complete_bundle",
    "always",
    "Python httplib2 (Google's clients) reads nothing else",
  ],
  ["HEX_CACERTS_PATH", "complete_bundle", "always", "Elixir's package manager reads nothing else"],
  [
    "NIX_SSL_CERT_FILE",
    "complete_bundle",
    "replaces",
    "OpenSSL as Nix builds it prefers it over SSL_CERT_FILE",
  ],
  [
    "BUNDLE_SSL_CA_CERT",
    "complete_bundle",
    "replaces",
    "Ruby's bundler prefers it over SSL_CERT_FILE",
  ],
  [
    "PERL_LWP_SSL_CA_FILE",
    "complete_bundle",
    "replaces",
    "Perl's LWP prefers it over SSL_CERT_FILE",
  ],
  [
    "NPM_CONFIG_CAFILE",
    "complete_bundle",
    "always",
    "npm, where a settings file names another; it then ignores NODE_EXTRA_CA_CERTS",
    "either case",
  ],
  ["YARN_HTTPS_CA_FILE_PATH", "complete_bundle", "replaces", "yarn then trusts nothing else"],
  [
    "NODE_EXTRA_CA_CERTS",
    "additional_roots",
    "always",
    "Node, npm, Bun, Claude Code; added to their own roots",
  ],
  ["DENO_CERT", "additional_roots", "always", "Deno; added to its own roots"],
  ["WGETRC", "wgetrc", "always", "wget reads no variable with roots, only its settings file"],
  [
    "PHP_INI_SCAN_DIR",
    "php_scan_folders",
    "always",
    "PHP reads no variable with roots, only its settings files",
  ],
  ["AUTHSOME_RUN", "one", "always", "tells programs that they are inside a run"],
];

/** Every variable that a child's environment sets, beside the placeholders. */
export const CLIENT_VARIABLES: readonly ClientVariable[] = ROWS.map(
  ([name, value, when, reason, spelling]) => ({
    name,
    value,
    when,
    lowerCase: spelling !== undefined,
    reason,
  }),
);

/** The names that a row stands for. */
export function spellingsOf(row: ClientVariable): readonly string[] {
  return row.lowerCase ? [row.name, row.name.toLowerCase()] : [row.name];
}
