import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import { rootCertificates } from "node:tls";
import { Authority } from "../../lib/ca/authority.ts";
import { createTrustBundles, type TrustBundles, type TrustOptions } from "../../lib/ca/trust.ts";

const ROOT = createRoot();
const COMPANY = createRoot();
const OTHER = createRoot();
const SYSTEM = createRoot() + createRoot();

function createRoot(): string {
  return new Authority({ hosts: ["example.com"] }).rootPem;
}

/** Bundles that depend on nothing but `options`. */
function createBundles(options: Partial<TrustOptions>): Promise<TrustBundles> {
  return createTrustBundles({ env: {}, rootPem: ROOT, rootsInSettings: [], ...options });
}

async function withFiles(
  use: (path: (name: string, text: string) => string) => Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await use((name, text) => {
      const path = join(folder, name);
      Deno.mkdirSync(join(path, ".."), { recursive: true });
      Deno.writeTextFileSync(path, text);
      return path;
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("the complete bundle holds the system's roots and ours", () =>
  withFiles(async (path) => {
    const systemBundles = ["/nowhere/bundle.pem", path("system.pem", SYSTEM)];
    const bundles = await createBundles({ env: {}, systemBundles });
    assert.deepEqual(bundles, { complete: SYSTEM + ROOT, additional: ROOT });
  }));

for (const name of ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "npm_config_cafile"]) {
  Deno.test(`a company's roots named by ${name} are in the complete bundle only`, () =>
    withFiles(async (path) => {
      const systemBundles = [path("system.pem", SYSTEM)];
      const env = { [name]: path("company.pem", COMPANY) };
      const bundles = await createBundles({ env, systemBundles });
      assert.deepEqual(bundles, { complete: SYSTEM + COMPANY + ROOT, additional: ROOT });
    }));
}

for (const name of ["NODE_EXTRA_CA_CERTS", "DENO_CERT"]) {
  Deno.test(`a company's roots named by ${name} are in both bundles`, () =>
    withFiles(async (path) => {
      const systemBundles = [path("system.pem", SYSTEM)];
      const env = { [name]: path("company.pem", COMPANY) };
      const { complete, additional } = await createBundles({
        env,
        systemBundles,
      });
      assert.equal(complete, SYSTEM + COMPANY + ROOT);
      assert.equal(additional, COMPANY + ROOT);
    }));
}

Deno.test("roots that clients' settings name are in the complete bundle only", () =>
  withFiles(async (path) => {
    const systemBundles = [path("system.pem", SYSTEM)];
    const rootsInSettings = [path("company.pem", COMPANY), "/nowhere/other.pem"];
    const bundles = await createBundles({ systemBundles, rootsInSettings });
    assert.deepEqual(bundles, { complete: SYSTEM + COMPANY + ROOT, additional: ROOT });
  }));

Deno.test("folders of roots are read where a variable names one", () =>
  withFiles(async (path) => {
    const systemBundles = [path("system.pem", SYSTEM)];
    const first = join(path("a/9d66eef0.0", COMPANY), "..");
    const second = join(path("b/other.crt", OTHER), "..");
    path("b/notes.txt", createRoot());
    const env = { SSL_CERT_DIR: [first, second, "/etc/ssl/certs"].join(delimiter) };
    const { complete } = await createBundles({ env, systemBundles });
    assert.equal(complete, SYSTEM + COMPANY + OTHER + ROOT);
  }));

Deno.test("each root appears once, however many variables, links and files name it", () =>
  withFiles(async (path) => {
    const system = path("system.pem", SYSTEM);
    const link = `${system}.link`;
    Deno.symlinkSync(system, link);
    const copy = path("copy.pem", `# a comment\r\n${SYSTEM.replaceAll("\n", "\r\n")}`);
    const env = { SSL_CERT_FILE: system, CURL_CA_BUNDLE: link, PIP_CERT: copy };
    const { complete } = await createBundles({ env, systemBundles: [system] });
    assert.equal(complete, SYSTEM + ROOT);
  }));

Deno.test("files that are missing, empty or no roots at all are left out", () =>
  withFiles(async (path) => {
    const systemBundles = [path("system.pem", SYSTEM)];
    const env = {
      SSL_CERT_FILE: "/nowhere/company.pem",
      CURL_CA_BUNDLE: "",
      PIP_CERT: path("empty.pem", ""),
      AWS_CA_BUNDLE: path("binary.pem", "\0\x01\x02"),
    };
    const { complete } = await createBundles({ env, systemBundles });
    assert.equal(complete, SYSTEM + ROOT);
  }));

Deno.test("a private key beside a root is never copied", () =>
  withFiles(async (path) => {
    const key = "-----BEGIN PRIVATE KEY-----\nMC4CAQA=\n-----END PRIVATE KEY-----\n";
    const env = { SSL_CERT_FILE: path("both.pem", key + COMPANY) };
    const systemBundles = [path("system.pem", SYSTEM)];
    const { complete } = await createBundles({ env, systemBundles });
    assert.equal(complete, SYSTEM + COMPANY + ROOT);
  }));

Deno.test("without a system bundle the runtime's own roots are used", async () => {
  const { complete } = await createBundles({ env: {}, systemBundles: [] });
  assert.ok(rootCertificates.length > 50);
  for (const certificate of rootCertificates) assert.ok(complete.includes(certificate.trim()));
  assert.ok(complete.endsWith(ROOT));
});

Deno.test({
  name: "this system's roots are found",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { complete } = await createBundles({ env: {}, rootPem: ROOT });
    assert.ok(complete.split("BEGIN CERTIFICATE").length > 50);
  },
});
