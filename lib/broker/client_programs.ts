/**
 * The programs that `doctor --client` tries: how to find each, how to have it make one request, and
 * what helps where that fails. Data.
 *
 * @module
 */

/** One way to make a request. */
export interface ClientProgram {
  /** Unique; also the first label of the host that it is sent to. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Succeeds, and prints the version, where the client is there to be tried. */
  readonly version: readonly string[];
  /** Files to write before, by name, into the working folder of {@link request}. */
  readonly files?: Readonly<Record<string, string>>;
  /** Makes one GET or POST request to `url`, and ends. How it ends does not matter. */
  readonly request: (url: string) => readonly string[];
  /** Compiles before it runs, and gets more time. */
  readonly slow?: true;
  /** What helps where it does not come to the proxy. */
  readonly toRoute: string;
  /** What helps where it does not trust the proxy. */
  readonly toTrust: string;
}

const USE_ENVIRONMENT = "Leave HTTPS_PROXY and NO_PROXY in its environment as the run sets them.";
const USE_CERT_FILE = "Leave SSL_CERT_FILE in its environment, or point it at that file.";
const PYTHON_CERTIFICATES =
  "Use the file in SSL_CERT_FILE (for requests: REQUESTS_CA_BUNDLE) instead of verify=….";

const GO_SOURCE = `package main

import (
	"net/http"
	"os"
)

func main() {
	if _, err := http.Get(os.Args[1]); err != nil {
		panic(err)
	}
}
`;

const JAVA_SOURCE = `import java.net.HttpURLConnection;
import java.net.URL;

class Get {
  public static void main(String[] args) throws Exception {
    ((HttpURLConnection) new URL(args[0]).openConnection()).getResponseCode();
  }
}
`;

/** Every program, in the order of the report. */
export const CLIENT_PROGRAMS: readonly ClientProgram[] = [
  {
    id: "curl",
    name: "curl",
    version: ["curl", "--version"],
    request: (url) => ["curl", "--silent", url],
    toRoute: "Look for proxy or noproxy in ~/.curlrc: they win over HTTPS_PROXY.",
    toTrust: "Look for cacert in ~/.curlrc: it wins over CURL_CA_BUNDLE.",
  },
  {
    id: "wget",
    name: "wget",
    version: ["wget", "--version"],
    request: (url) => ["wget", "-q", "-t1", "-O-", url],
    toRoute: "Look for use_proxy or https_proxy in ~/.wgetrc: they win over HTTPS_PROXY.",
    toTrust: "Leave WGETRC as the run sets it, or add: --ca-certificate=$SSL_CERT_FILE",
  },
  {
    id: "git",
    name: "git",
    version: ["git", "--version"],
    request: (url) => ["git", "ls-remote", url],
    toRoute: "A proxy set for one host wins: git config --get-regexp 'http\\..*proxy'",
    toTrust: "Leave GIT_SSL_CAINFO as the run sets it.",
  },
  {
    id: "python-urllib",
    name: "Python urllib",
    version: ["python3", "--version"],
    request: (
      url,
    ) => ["python3", "-c", "import sys, urllib.request as u; u.urlopen(sys.argv[1])", url],
    toRoute: USE_ENVIRONMENT,
    toTrust: PYTHON_CERTIFICATES,
  },
  {
    id: "python-requests",
    name: "Python requests",
    version: ["python3", "-c", "import requests; print(requests.__version__)"],
    request: (url) => ["python3", "-c", "import sys, requests; requests.get(sys.argv[1])", url],
    toRoute: "Leave trust_env of its Session at True.",
    toTrust: PYTHON_CERTIFICATES,
  },
  {
    id: "python-httpx",
    name: "Python httpx",
    version: ["python3", "-c", "import httpx; print(httpx.__version__)"],
    request: (url) => ["python3", "-c", "import sys, httpx; httpx.get(sys.argv[1])", url],
    toRoute: "Leave trust_env of its Client at True.",
    toTrust: PYTHON_CERTIFICATES,
  },
  {
    id: "pip",
    name: "pip",
    version: ["python3", "-m", "pip", "--version"],
    request: (url) => [
      ...["python3", "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"],
      ...["--retries", "0", "--index-url", url, "authsome-x"],
    ],
    toRoute: "Look for a proxy: python3 -m pip config list",
    toTrust: "Leave PIP_CERT as the run sets it.",
  },
  {
    id: "node-fetch",
    name: "Node fetch",
    version: ["node", "--version"],
    request: (url) => ["node", "-e", "fetch(process.argv[1]).catch(() => {})", url],
    toRoute: "Leave NODE_USE_ENV_PROXY and NODE_OPTIONS as the run sets them, or update Node.",
    toTrust: "Leave NODE_EXTRA_CA_CERTS as the run sets it.",
  },
  {
    id: "node-https",
    name: "Node https",
    version: ["node", "--version"],
    request: (url) => [
      ...["node", "-e"],
      'require("https").get(process.argv[1], (answer) => answer.resume()).on("error", () => {})',
      url,
    ],
    toRoute: "Leave NODE_USE_ENV_PROXY and NODE_OPTIONS as the run sets them, or update Node.",
    toTrust: "Leave NODE_EXTRA_CA_CERTS as the run sets it.",
  },
  {
    id: "npm",
    name: "npm",
    version: ["npm", "--version"],
    request: (url) => [
      ...["npm", "view", "authsome-x", "--fetch-retries=0", "--cache", "npm-cache"],
      ...["--registry", url],
    ],
    toRoute: "Look for proxy settings: npm config list",
    toTrust: "Look for ca or cafile: npm config list",
  },
  {
    id: "deno",
    name: "Deno fetch",
    version: ["deno", "--version"],
    request: (url) => ["deno", "eval", `await fetch(${JSON.stringify(url)})`],
    toRoute: USE_ENVIRONMENT,
    toTrust: "Leave DENO_CERT as the run sets it.",
  },
  {
    id: "bun",
    name: "Bun fetch",
    version: ["bun", "--version"],
    request: (url) => ["bun", "-e", `await fetch(${JSON.stringify(url)})`],
    toRoute: USE_ENVIRONMENT,
    toTrust: "Leave NODE_EXTRA_CA_CERTS as the run sets it.",
  },
  {
    id: "go",
    name: "Go net/http",
    version: ["go", "version"],
    files: { "main.go": GO_SOURCE },
    request: (url) => ["go", "run", "main.go", url],
    slow: true,
    toRoute: "Leave Proxy of its Transport at http.ProxyFromEnvironment.",
    toTrust: Deno.build.os === "darwin"
      ? "On macOS Go reads the keychain only: give it RootCAs from the file in SSL_CERT_FILE."
      : USE_CERT_FILE,
  },
  {
    id: "java",
    name: "Java",
    version: ["java", "-version"],
    files: { "Get.java": JAVA_SOURCE },
    request: (url) => ["java", "Get.java", url],
    slow: true,
    toRoute: "Leave JAVA_TOOL_OPTIONS as the run sets it; where it sets none, Java is not routed.",
    toTrust: "Leave javax.net.ssl.trustStore in JAVA_TOOL_OPTIONS as the run sets it.",
  },
  {
    id: "ruby",
    name: "Ruby net/http",
    version: ["ruby", "--version"],
    request: (url) => ["ruby", "-rnet/http", "-e", "Net::HTTP.get(URI(ARGV[0]))", url],
    toRoute: USE_ENVIRONMENT,
    toTrust: USE_CERT_FILE,
  },
  {
    id: "php",
    name: "PHP curl",
    version: ["php", "-r", "if (!function_exists('curl_init')) exit(1); echo PHP_VERSION;"],
    request: (url) => ["php", "-r", "curl_exec(curl_init($argv[1]));", url],
    toRoute: USE_ENVIRONMENT,
    toTrust: "Leave PHP_INI_SCAN_DIR as the run sets it; -n and a curl.cainfo of your own win.",
  },
  {
    id: "perl",
    name: "Perl HTTP::Tiny",
    version: ["perl", "-MIO::Socket::SSL", "-MHTTP::Tiny", "-e", "printf '%vd', $^V"],
    request: (
      url,
    ) => ["perl", "-MHTTP::Tiny", "-e", "HTTP::Tiny->new(verify_SSL => 1)->get($ARGV[0])", url],
    toRoute: USE_ENVIRONMENT,
    toTrust: USE_CERT_FILE,
  },
  {
    id: "cargo",
    name: "cargo",
    version: ["cargo", "--version"],
    files: {
      "Cargo.toml": '[package]\nname = "x"\nversion = "0.1.0"\n[dependencies]\nauthsome-x = "1"\n',
      "src/main.rs": "fn main() {}\n",
    },
    request: (url) => [
      ...["cargo", "fetch", "--config", 'source.crates-io.replace-with="s"'],
      ...["--config", `source.s.registry="sparse+${url}/"`, "--config", "net.retry=0"],
    ],
    toRoute: "Look for http.proxy in ~/.cargo/config.toml: it wins over HTTPS_PROXY.",
    toTrust: "Leave CARGO_HTTP_CAINFO as the run sets it.",
  },
  {
    id: "aws",
    name: "aws CLI",
    version: ["aws", "--version"],
    request: (url) => [
      ...["aws", "sts", "get-caller-identity", "--no-sign-request", "--region", "us-east-1"],
      ...["--endpoint-url", url],
    ],
    slow: true,
    toRoute: USE_ENVIRONMENT,
    toTrust: "Leave AWS_CA_BUNDLE as the run sets it; --no-verify-ssl and --ca-bundle win.",
  },
];
