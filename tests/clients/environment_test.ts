import assert from "node:assert/strict";
import { join } from "node:path";
import { runCommand } from "../support/command.ts";
import { ANSWER } from "../support/intercepting_proxy.ts";
import { testNeeding } from "../support/needs.ts";
import { OTHER_HOST, ROUTED_HOST, withRunSetup } from "../support/run_setup.ts";

interface Client {
  /** What has to be installed. */
  readonly program: string;
  readonly name: string;
  /** Files to write first, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** The command that fetches `url` and prints the body. */
  readonly command: (url: string) => readonly string[];
  /** Whether the client cannot make sense of the answer, and only its request counts. */
  readonly requestOnly?: true;
}

const PYTHON_URLLIB =
  `import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode())`;
const PYTHON_REQUESTS = `import sys, requests; sys.stdout.write(requests.get(sys.argv[1]).text)`;
const RUBY = `require "net/http"; print Net::HTTP.get(URI(ARGV[0]))`;
const PHP_CURL = `$c = curl_init($argv[1]); if (!curl_exec($c)) exit(1);`;
const DENO = `const r = await fetch(Deno.args[0]); Deno.stdout.writeSync(await r.bytes());`;
const GO = `package main
import ("io"; "net/http"; "os")
func main() {
	r, err := http.Get(os.Args[1])
	if err != nil { panic(err) }
	io.Copy(os.Stdout, r.Body)
}
`;
const PERL = `use HTTP::Tiny; my $r = HTTP::Tiny->new(verify_SSL => 1)->get($ARGV[0]);
print $r->{content}; exit !$r->{success};`;

const CLIENTS: readonly Client[] = [
  {
    program: "curl",
    name: "curl",
    command: (url) => ["curl", "--silent", "--show-error", url],
  },
  { program: "wget", name: "wget", command: (url) => ["wget", "-q", "-t1", "-O-", url] },
  {
    program: "git",
    name: "git",
    command: (url) => ["git", "ls-remote", url],
    requestOnly: true,
  },
  {
    program: "python3",
    name: "Python urllib",
    command: (url) => ["python3", "-c", PYTHON_URLLIB, url],
  },
  {
    program: "python3",
    name: "Python requests",
    command: (url) => ["python3", "-c", PYTHON_REQUESTS, url],
  },
  {
    program: "pip",
    name: "pip",
    command: (
      url,
    ) => ["pip", "download", "--no-deps", "--retries", "0", "--index-url", url, "authsome-x"],
    requestOnly: true,
  },
  { program: "ruby", name: "Ruby", command: (url) => ["ruby", "-e", RUBY, url] },
  { program: "php", name: "PHP curl", command: (url) => ["php", "-r", PHP_CURL, url] },
  {
    program: "go",
    name: "Go",
    files: { "main.go": GO, "go.mod": "module client\n\ngo 1.21\n" },
    command: (url) => ["go", "run", ".", url],
  },
  {
    program: "deno",
    name: "Deno",
    files: { "main.ts": DENO },
    command: (url) => ["deno", "run", "--no-lock", "--allow-net", "main.ts", url],
  },
  { program: "perl", name: "Perl", command: (url) => ["perl", "-e", PERL, url] },
  {
    program: "npm",
    name: "npm",
    command: (url) => ["npm", "view", "authsome-x", "--registry", url, "--fetch-retries=0"],
    requestOnly: true,
  },
  {
    program: "cargo",
    name: "cargo",
    files: {
      "Cargo.toml": '[package]\nname = "c"\nversion = "0.1.0"\n[dependencies]\nx = "1"\n',
      "src/main.rs": "fn main() {}\n",
      ".cargo/config.toml": `[source.crates-io]\nreplace-with = "s"\n[source.s]\n` +
        `registry = "sparse+https://HOST/"\n[net]\nretry = 0\n`,
    },
    command: () => ["cargo", "fetch"],
    requestOnly: true,
  },
];

function writeFiles(client: Client, folder: string, host: string): void {
  for (const [name, text] of Object.entries(client.files ?? {})) {
    Deno.mkdirSync(join(folder, name, ".."), { recursive: true });
    Deno.writeTextFileSync(join(folder, name), text.replace("HOST", host));
  }
}

for (const client of CLIENTS) {
  const test = testNeeding(client.program);

  test(`${client.name} goes through the proxy and trusts it`, () =>
    withRunSetup(async ({ env, proxy, folder }) => {
      writeFiles(client, folder, ROUTED_HOST);
      const command = client.command(`https://${ROUTED_HOST}/v1`);
      const result = await runCommand(command, { env, cwd: folder });
      assert.equal(proxy.requests.at(-1)?.host, ROUTED_HOST, result.stderr);
      if (client.requestOnly !== true) assert.equal(result.stdout, ANSWER, result.stderr);
    }));

  test(`${client.name} refuses the proxy's certificate for a host outside the constraints`, () =>
    withRunSetup(async ({ env, proxy, folder }) => {
      writeFiles(client, folder, OTHER_HOST);
      const command = client.command(`https://${OTHER_HOST}/v1`);
      const result = await runCommand(command, { env, cwd: folder });
      assert.notEqual(result.code, 0);
      assert.deepEqual(proxy.requests, []);
      assert.ok(proxy.connects.some(({ host, authorized }) => authorized && host === OTHER_HOST));
    }));
}

testNeeding("git")("git's own proxy setting does not lead around the proxy", async () => {
  const settings = Deno.makeTempFileSync();
  Deno.writeTextFileSync(settings, "[http]\n\tproxy = http://127.0.0.1:1\n");
  const parent = { ...Deno.env.toObject(), GIT_CONFIG_GLOBAL: settings };
  await withRunSetup(async ({ env, proxy }) => {
    const result = await runCommand(["git", "ls-remote", `https://${ROUTED_HOST}/x`], { env });
    assert.equal(proxy.requests.at(-1)?.path, "/x/info/refs", result.stderr);
  }, { parent });
  Deno.removeSync(settings);
});
