/**
 * Rows of the client matrix: command line tools and languages as they are found on PATH.
 *
 * @module
 */

import { join } from "node:path";
import type { Client } from "./client.ts";
import { FIXTURES } from "./kits.ts";

const RUBY = `require "net/http"; uri = URI(ARGV[0])
key = { "Authorization" => "Bearer " + ENV["CLIENTS_API_KEY"] }
exit Net::HTTP.get_response(uri, key).is_a?(Net::HTTPSuccess)`;

const PHP_CURL = `$c = curl_init($argv[1]);
curl_setopt($c, CURLOPT_HTTPHEADER, ["Authorization: Bearer " . getenv("CLIENTS_API_KEY")]);
curl_exec($c); exit(curl_getinfo($c, CURLINFO_RESPONSE_CODE) === 200 ? 0 : 1);`;

const PHP_STREAMS = `exit(file_get_contents($argv[1]) === false ? 1 : 0);`;

const PERL = `use HTTP::Tiny; my $r = HTTP::Tiny->new(verify_SSL => 1)->get($ARGV[0]);
print $r->{content}; exit !$r->{success};`;

const DOTNET = `var key = System.Environment.GetEnvironmentVariable("CLIENTS_API_KEY");
using var client = new System.Net.Http.HttpClient();
client.DefaultRequestHeaders.Add("Authorization", "Bearer " + key);
(await client.GetAsync(args[0])).EnsureSuccessStatusCode();
`;

const CARGO_SETTINGS = `[source.crates-io]
replace-with = "own"
[source.own]
registry = "sparse+https://HOST/"
[net]
retry = 0
`;

const WEB = join(FIXTURES, "node", "http_libraries.mjs");

function deno(library: string): (url: string) => readonly string[] {
  const flags = ["--no-config", "--allow-net", "--allow-env", "--allow-read"];
  return (url) => [Deno.execPath(), "run", ...flags, WEB, library, FIXTURES, url];
}

/** The rows. */
export const SYSTEM_CLIENTS: readonly Client[] = [
  {
    name: "curl",
    programs: ["curl"],
    version: () => ["curl", "--version"],
    command: (url) => ["curl", "--silent", "--show-error", "--fail", url],
    routedBy: "HTTPS_PROXY",
    trustedBy: "CURL_CA_BUNDLE",
  },
  {
    name: "wget",
    programs: ["wget"],
    version: () => ["wget", "--version"],
    command: (url) => ["wget", "-q", "-t1", "-O-", url],
    routedBy: "HTTPS_PROXY",
    trustedBy: "WGETRC",
  },
  {
    name: "git",
    programs: ["git"],
    version: () => ["git", "--version"],
    command: (url) => ["git", "ls-remote", url],
    requestOnly: true,
    routedBy: "HTTPS_PROXY",
    trustedBy: "GIT_SSL_CAINFO",
  },
  {
    name: "gh",
    programs: ["gh"],
    version: () => ["gh", "--version"],
    command: (url) => ["gh", "api", "--hostname", new URL(url).host, "user"],
    parent: () => Promise.resolve({ GH_ENTERPRISE_TOKEN: "authsome-proxy-managed" }),
    routedBy: "HTTPS_PROXY",
    trustedBy: "SSL_CERT_FILE",
  },
  {
    name: "Python urllib",
    programs: ["python3"],
    version: () => ["python3", "--version"],
    command: (url) => ["python3", join(FIXTURES, "python", "http_libraries.py"), "urllib", url],
    routedBy: "HTTPS_PROXY",
    trustedBy: "SSL_CERT_FILE",
  },
  {
    name: "Ruby net/http",
    programs: ["ruby"],
    version: () => ["ruby", "--version"],
    command: (url) => ["ruby", "-e", RUBY, url],
    routedBy: "HTTPS_PROXY",
    trustedBy: "SSL_CERT_FILE",
  },
  {
    name: "PHP curl",
    programs: ["php"],
    probe: ["php", "-r", "exit(function_exists('curl_init') ? 0 : 1);"],
    version: () => ["php", "--version"],
    command: (url) => ["php", "-r", PHP_CURL, url],
    routedBy: "HTTPS_PROXY",
    trustedBy: "PHP_INI_SCAN_DIR",
  },
  {
    name: "PHP streams",
    programs: ["php"],
    version: () => ["php", "--version"],
    command: (url) => ["php", "-r", PHP_STREAMS, url],
    routedBy: "-",
    trustedBy: "PHP_INI_SCAN_DIR",
    fails: { at: "routing", instead: "use the curl extension, as Guzzle does by itself" },
  },
  {
    name: "Perl HTTP::Tiny",
    programs: ["perl"],
    probe: ["perl", "-MIO::Socket::SSL", "-e", "0"],
    version: () => ["perl", "--version"],
    command: (url) => ["perl", "-e", PERL, url],
    routedBy: "HTTPS_PROXY",
    trustedBy: "SSL_CERT_FILE",
  },
  {
    name: "Deno fetch",
    version: () => [Deno.execPath(), "--version"],
    command: deno("fetch"),
    routedBy: "HTTPS_PROXY",
    trustedBy: "DENO_CERT",
  },
  {
    name: "Deno WebSocket",
    version: () => [Deno.execPath(), "--version"],
    command: deno("WebSocket"),
    routedBy: "HTTPS_PROXY",
    trustedBy: "DENO_CERT",
  },
  {
    name: ".NET HttpClient",
    programs: ["dotnet"],
    version: () => ["dotnet", "--version"],
    files: { "clients.cs": DOTNET },
    command: (url) => ["dotnet", "run", "clients.cs", url],
    routedBy: "HTTPS_PROXY",
    trustedBy: "SSL_CERT_FILE",
  },
  {
    name: "npm",
    programs: ["npm"],
    version: () => ["npm", "--version"],
    command: (url) => ["npm", "view", "authsome-x", "--registry", url, "--fetch-retries=0"],
    requestOnly: true,
    routedBy: "HTTPS_PROXY",
    trustedBy: "NPM_CONFIG_CAFILE",
  },
  {
    name: "cargo",
    programs: ["cargo"],
    version: () => ["cargo", "--version"],
    files: {
      "Cargo.toml": '[package]\nname = "c"\nversion = "0.1.0"\n[dependencies]\nx = "1"\n',
      "src/main.rs": "fn main() {}\n",
      ".cargo/config.toml": CARGO_SETTINGS,
    },
    command: () => ["cargo", "fetch"],
    requestOnly: true,
    routedBy: "HTTPS_PROXY",
    trustedBy: "CARGO_HTTP_CAINFO",
  },
];
