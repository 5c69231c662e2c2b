import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { Authority, VALIDITY_MS } from "../../lib/ca/authority.ts";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";

const test = testNeeding("openssl");

const HOSTS = ["api.example.com", "localhost", "127.0.0.1", "::1"];

/** Splits a PEM chain into its certificates. */
function certificatesOf(pem: string): string[] {
  return pem.split(/(?<=-----END CERTIFICATE-----\n)/).filter((block) => block !== "");
}

/** What `openssl verify` says about `host`'s certificate. */
async function verify(authority: Authority, host: string): Promise<string> {
  const folder = Deno.makeTempDirSync();
  try {
    const [leaf = "", intermediate = ""] = certificatesOf(authority.issueLeaf(host).certPem);
    Deno.writeTextFileSync(join(folder, "root.pem"), authority.rootPem);
    Deno.writeTextFileSync(join(folder, "leaf.pem"), leaf);
    Deno.writeTextFileSync(join(folder, "intermediate.pem"), intermediate);
    const name = /^[\d.]+$|:/.test(host) ? ["-verify_ip", host] : ["-verify_hostname", host];
    const options = ["-x509_strict", "-purpose", "sslserver", "-no-CApath", "-no-CAstore"];
    const command = ["openssl", "verify", ...options, ...name, "-CAfile", "root.pem"];
    const files = ["-untrusted", "intermediate.pem", "leaf.pem"];
    const result = await runCommand([...command, ...files], { cwd: folder });
    return result.stdout + result.stderr;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

for (const host of [...HOSTS, "deep.below.api.example.com"]) {
  test(`openssl verifies the certificate of ${host} strictly`, async () => {
    assert.match(await verify(new Authority({ hosts: HOSTS }), host), /leaf\.pem: OK/);
  });
}

const OUTSIDE: readonly (readonly [string, readonly string[], string])[] = [
  ["another name", HOSTS, "api.example.org"],
  ["a parent name", HOSTS, "example.com"],
  ["a name with the same end", HOSTS, "evilapi.example.com"],
  ["another IPv4 address", HOSTS, "127.0.0.2"],
  ["another IPv6 address", HOSTS, "::2"],
  ["any IPv4 address where only names are listed", ["api.example.com"], "127.0.0.1"],
  ["any IPv6 address where only names are listed", ["api.example.com"], "::1"],
  ["any name where only addresses are listed", ["127.0.0.1"], "api.example.com"],
];

for (const [what, hosts, host] of OUTSIDE) {
  test(`openssl refuses a certificate for ${what}`, async () => {
    const outcome = await verify(new Authority({ hosts }), host);
    assert.match(outcome, /(permitted|excluded) subtree violation/);
  });
}

test("openssl shows every extension as intended", async () => {
  const authority = new Authority({ hosts: HOSTS });
  const [leaf = "", intermediate = ""] = certificatesOf(authority.issueLeaf("::1").certPem);
  const show = async (pem: string): Promise<string> =>
    (await runCommand(["openssl", "x509", "-noout", "-text"], { stdin: pem })).stdout;
  const root = await show(authority.rootPem);
  assert.match(root, /Basic Constraints: critical\s+CA:TRUE, pathlen:1/);
  assert.doesNotMatch(root, /Name Constraints/);
  const middle = await show(intermediate);
  assert.match(middle, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
  assert.match(middle, /Key Usage: critical\s+Certificate Sign\n/);
  assert.match(middle, /Name Constraints: critical\s+Permitted:\s+DNS:api\.example\.com/);
  assert.match(middle, /IP:127\.0\.0\.1\/255\.255\.255\.255/);
  const end = await show(leaf);
  assert.match(end, /Basic Constraints: critical\s+CA:FALSE/);
  assert.match(end, /Key Usage: critical\s+Digital Signature\n/);
  assert.match(end, /Extended Key Usage: \s+TLS Web Server Authentication\n/);
  assert.match(end, /Subject Alternative Name: \s+IP Address:0:0:0:0:0:0:0:1\n/);
  assert.match(end, /Subject: CN = Authsome local proxy\n/);
});

Deno.test("the chain is linked by key identifiers and signed by the key above", () => {
  const authority = new Authority({ hosts: HOSTS });
  const chain = authority.issueLeaf("localhost").certPem + authority.rootPem;
  const [leaf, intermediate, root] = certificatesOf(chain).map((pem) => new X509Certificate(pem));
  assert.ok(leaf !== undefined && intermediate !== undefined && root !== undefined);
  assert.ok(leaf.verify(intermediate.publicKey));
  assert.ok(intermediate.verify(root.publicKey));
  assert.ok(root.verify(root.publicKey));
  assert.ok(leaf.checkIssued(intermediate));
  assert.ok(intermediate.checkIssued(root));
});

Deno.test("a certificate is valid from an hour ago for 30 days", () => {
  const now = Date.UTC(2049, 11, 31, 23, 30);
  const authority = new Authority({ hosts: HOSTS, now: () => now });
  const leaf = new X509Certificate(authority.issueLeaf("localhost").certPem);
  assert.equal(Date.parse(leaf.validFrom), now - 3_600_000);
  assert.equal(Date.parse(leaf.validTo), now + VALIDITY_MS);
});

Deno.test("issueLeaf() makes one certificate per host and one key for all", () => {
  const authority = new Authority({ hosts: HOSTS });
  const first = authority.issueLeaf("localhost");
  const second = authority.issueLeaf("api.example.com");
  assert.equal(authority.issueLeaf("localhost"), first);
  assert.notEqual(second.certPem, first.certPem);
  assert.equal(second.keyPem, first.keyPem);
});

Deno.test("serial numbers are 16 bytes and do not repeat", () => {
  const authority = new Authority({ hosts: HOSTS });
  const serials = Array.from(
    { length: 50 },
    (_, index) => new X509Certificate(authority.issueLeaf(`h${index}.test`).certPem).serialNumber,
  );
  assert.equal(new Set(serials).size, 50);
  for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
});

Deno.test("the root's key cannot be reached from an authority", () => {
  const authority = new Authority({ hosts: HOSTS });
  assert.deepEqual(Object.keys(authority), ["rootPem", "rootDer"]);
  assert.doesNotMatch(Deno.inspect(authority, { showHidden: true, depth: 9 }), /PRIVATE|KeyObject/);
});

test("seal() admits further hosts once, under an intermediate of their own", async () => {
  const authority = new Authority({ hosts: ["api.example.com"] });
  authority.seal(["api.later.example"]);
  authority.seal(["api.too-late.example"]);
  assert.match(await verify(authority, "api.example.com"), /leaf\.pem: OK/);
  assert.match(await verify(authority, "api.later.example"), /leaf\.pem: OK/);
  assert.match(await verify(authority, "api.too-late.example"), /permitted subtree violation/);
});

test("an authority without hosts at first can admit some later", async () => {
  const authority = new Authority({ hosts: [] });
  authority.seal(["api.later.example"]);
  assert.match(await verify(authority, "api.later.example"), /leaf\.pem: OK/);
});

test("an authority for 150 hosts works as one for three", async () => {
  const hosts = Array.from({ length: 150 }, (_, index) => `api.service-${index}.example`);
  const authority = new Authority({ hosts });
  assert.match(await verify(authority, "api.service-149.example"), /leaf\.pem: OK/);
  assert.match(await verify(authority, "api.service-150.example"), /permitted subtree violation/);
});
