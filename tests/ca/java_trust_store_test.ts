import assert from "node:assert/strict";
import { join } from "node:path";
import { Authority } from "../../lib/ca/authority.ts";
import {
  createTrustStore,
  decodeCertificates,
  extendTrustStore,
} from "../../lib/ca/java_trust_store.ts";
import { findJavaHomes, readJavaTrustStore } from "../../lib/ca/java_roots.ts";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";

const ROOTS = [createRoot(), createRoot(), createRoot()];
const [FIRST, SECOND, OURS] = ROOTS.map((pem) => decodeCertificates(pem)[0] ?? new Uint8Array());

function createRoot(): string {
  return new Authority({ hosts: ["example.com"] }).rootPem;
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The certificates of a PKCS #12 file as openssl reads it. */
async function readWithOpenssl(store: Uint8Array, folder: string): Promise<string[]> {
  const path = join(folder, "store.p12");
  Deno.writeFileSync(path, store);
  const options = ["-in", path, "-nokeys", "-nomacver", "-passin", "pass:"];
  const { code, stdout, stderr } = await runCommand(["openssl", "pkcs12", ...options]);
  assert.equal(code, 0, stderr);
  return stdout.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----\n/g) ?? [];
}

/** A store of the first two roots as keytool makes it. */
async function makeWithKeytool(
  folder: string,
  type: "JKS" | "PKCS12",
  ...options: string[]
): Promise<Uint8Array> {
  const path = join(folder, "keytool.store");
  for (const [index, pem] of ROOTS.slice(0, 2).entries()) {
    Deno.writeTextFileSync(`${path}.pem`, pem);
    const store = ["-keystore", path, "-storetype", type, "-storepass", "changeit"];
    const entry = ["-alias", `root ${index}`, "-file", `${path}.pem`];
    const command = ["keytool", ...options, "-importcert", "-noprompt", ...store, ...entry];
    const { code, stdout } = await runCommand(command);
    assert.equal(code, 0, stdout);
  }
  return Deno.readFileSync(path);
}

const WITHOUT_PASSWORD = [
  "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE",
  "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
];

testNeeding("openssl")(
  "openssl reads the certificates of createTrustStore()",
  () =>
    withFolder(async (folder) => {
      const store = createTrustStore(ROOTS.flatMap(decodeCertificates));
      assert.deepEqual(await readWithOpenssl(store, folder), ROOTS);
    }),
);

testNeeding("openssl")(
  "extendTrustStore() adds to a store of its own making",
  () =>
    withFolder(async (folder) => {
      assert.ok(FIRST !== undefined && SECOND !== undefined && OURS !== undefined);
      const store = extendTrustStore(createTrustStore([FIRST, SECOND]), OURS);
      assert.deepEqual(await readWithOpenssl(store ?? new Uint8Array(), folder), ROOTS);
    }),
);

for (const [type, options] of [["JKS", []], ["PKCS12", WITHOUT_PASSWORD]] as const) {
  testNeeding("openssl", "keytool")(
    `extendTrustStore() adds to a ${type} file of keytool, and keytool trusts all of it`,
    () =>
      withFolder(async (folder) => {
        const existing = await makeWithKeytool(folder, type, ...options);
        const store = extendTrustStore(existing, OURS ?? new Uint8Array());
        assert.ok(store !== undefined);
        assert.deepEqual((await readWithOpenssl(store, folder)).sort(), [...ROOTS].sort());
        const path = join(folder, "store.p12");
        const list = ["keytool", "-list", "-keystore", path, "-storepass", ""];
        const { stdout } = await runCommand(list);
        assert.equal(stdout.match(/trustedCertEntry/g)?.length, 3, stdout);
      }),
  );
}

testNeeding("keytool")(
  "extendTrustStore() does not take a store with a password for one without roots",
  () =>
    withFolder(async (folder) => {
      const existing = await makeWithKeytool(folder, "PKCS12");
      assert.equal(extendTrustStore(existing, OURS ?? new Uint8Array()), undefined);
    }),
);

Deno.test("extendTrustStore() refuses what is no trust store, and any part of one", () => {
  const whole = createTrustStore([FIRST ?? new Uint8Array()]);
  const jks = Uint8Array.of(0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2);
  const broken = [new Uint8Array(), new TextEncoder().encode("hello, this is text"), jks];
  for (let length = 0; length < whole.length; length++) broken.push(whole.slice(0, length));
  for (const bytes of broken) assert.equal(extendTrustStore(bytes, whole), undefined);
});

Deno.test("readJavaTrustStore() finds the store that Java would use", () =>
  withFolder((folder) => {
    const write = (path: string): string => {
      Deno.mkdirSync(join(folder, path, ".."), { recursive: true });
      Deno.writeTextFileSync(join(folder, path), path);
      return join(folder, path);
    };
    write("new/lib/security/cacerts");
    write("old/jre/lib/security/cacerts");
    write("changed/lib/security/cacerts");
    write("changed/lib/security/jssecacerts");
    const corp = write("with space/corp.jks");
    write("path/lib/security/cacerts");
    write("path/bin/java");
    Deno.mkdirSync(join(folder, "bin"));
    Deno.symlinkSync(join(folder, "path/bin/java"), join(folder, "bin/java"));
    const find = (env: Record<string, string>): string | undefined => {
      const found = readJavaTrustStore(env, findJavaHomes(env));
      return found && new TextDecoder().decode(found);
    };
    const home = (name: string): Record<string, string> => ({ JAVA_HOME: join(folder, name) });
    const option = `-Xmx1g -Djavax.net.ssl.trustStore="${corp}" -Dx=y`;
    assert.equal(find({}), undefined);
    assert.equal(find({ PATH: join(folder, "nowhere") }), undefined);
    assert.equal(find(home("new")), "new/lib/security/cacerts");
    assert.equal(find(home("old")), "old/jre/lib/security/cacerts");
    assert.equal(find(home("changed")), "changed/lib/security/jssecacerts");
    assert.equal(find({ PATH: `/nowhere:${folder}/bin` }), "path/lib/security/cacerts");
    assert.equal(find(home("stale")), undefined);
    assert.deepEqual(findJavaHomes({ PATH: join(folder, "nowhere") }), []);
    assert.deepEqual(findJavaHomes(home("stale")), [join(folder, "stale")]);
    assert.equal(
      find({ ...home("new"), JAVA_TOOL_OPTIONS: option }),
      "with space/corp.jks",
    );
    return Promise.resolve();
  }));
