import assert from "node:assert/strict";
import { join } from "node:path";
import { type ApiOrigin, headerOf, startApiOrigin } from "../support/api_origin.ts";
import { authsomeCommand, KEY, logIn, withUser } from "../support/authsome.ts";
import { type CommandResult, findProgram, runCommand } from "../support/command.ts";
import { ANSWER } from "../support/intercepting_proxy.ts";
import { RunningProgram } from "../support/running.ts";
import { OTHER_HOST, ROUTED_HOST, withRunSetup } from "../support/run_setup.ts";

const PROGRAMS: Readonly<Record<string, string>> = {
  HttpURLConnection: `
    var stream = new java.net.URL(args[0]).openConnection().getInputStream();
    System.out.write(stream.readAllBytes());
    System.out.flush();`,
  HttpClient: `
    var request = java.net.http.HttpRequest.newBuilder(java.net.URI.create(args[0])).build();
    var handler = java.net.http.HttpResponse.BodyHandlers.ofString();
    System.out.print(java.net.http.HttpClient.newHttpClient().send(request, handler).body());`,
  PrintIssuers: `
    var context = javax.net.ssl.SSLContext.getInstance("TLS");
    context.init(null, new javax.net.ssl.TrustManager[] { new javax.net.ssl.X509TrustManager() {
      public void checkClientTrusted(java.security.cert.X509Certificate[] c, String a) {}
      public void checkServerTrusted(java.security.cert.X509Certificate[] c, String a) {
        System.out.println(c[0].getIssuerX500Principal());
      }
      public java.security.cert.X509Certificate[] getAcceptedIssuers() { return null; }
    }}, null);
    javax.net.ssl.HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
    for (var url : args) ((java.net.HttpURLConnection) new java.net.URL(url).openConnection())
      .getResponseCode();`,
  ListRoots: `
    var factory = javax.net.ssl.TrustManagerFactory.getInstance("PKIX");
    factory.init((java.security.KeyStore) null);
    var manager = (javax.net.ssl.X509TrustManager) factory.getTrustManagers()[0];
    for (var root : manager.getAcceptedIssuers())
      System.out.println(root.getSubjectX500Principal() + " " + root.getSerialNumber());`,
};

/** Every Java to try: AUTHSOME_TEST_JAVAS names further `java` programs, separated by commas. */
const JAVAS = [
  findProgram("java") ?? "",
  ...(Deno.env.get("AUTHSOME_TEST_JAVAS") ?? "").split(","),
].filter((path) => path !== "");

const COMPILER = findProgram("javac");
const ignore = JAVAS.length === 0 || COMPILER === undefined;

let classes: Promise<string> | undefined;

/** Compiles the programs, once, for the oldest Java we know to work. */
function compiledClasses(): Promise<string> {
  return classes ??= compile(Deno.makeTempDirSync());
}

async function compile(folder: string): Promise<string> {
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const sources = Object.entries(PROGRAMS).map(([name, body]) => {
    const main = `public static void main(String[] args) throws Exception {${body}}`;
    Deno.writeTextFileSync(join(folder, `${name}.java`), `public class ${name} { ${main} }`);
    return join(folder, `${name}.java`);
  });
  const options = ["--release", "11", "-nowarn", "-d", folder];
  const result = await runCommand([COMPILER ?? "", ...options, ...sources]);
  assert.equal(result.code, 0, result.stderr);
  return folder;
}

function isolated(java: string): Record<string, string> {
  const { JAVA_HOME: _home, JAVA_TOOL_OPTIONS: _options, ...rest } = Deno.env.toObject();
  return { ...rest, PATH: `${join(java, "..")}:${rest["PATH"] ?? ""}` };
}

async function runJava(
  java: string,
  name: string,
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<CommandResult> {
  return await runCommand([java, "-cp", await compiledClasses(), name, ...args], { env });
}

for (const java of JAVAS) {
  for (const name of ["HttpURLConnection", "HttpClient"]) {
    Deno.test({
      name: `${name} of ${java} goes through the proxy and trusts it`,
      ignore,
      fn: () =>
        withRunSetup(async (setup) => {
          const result = await runJava(java, name, setup.env, `https://${ROUTED_HOST}/v1`);
          assert.equal(result.stdout, ANSWER, result.stderr);
          assert.deepEqual(setup.proxy.requests.map(({ host }) => host), [ROUTED_HOST]);
        }, { parent: isolated(java), tokenless: true }),
    });

    Deno.test({
      name: `${name} of ${java} refuses a certificate outside the constraints`,
      ignore,
      fn: () =>
        withRunSetup(async (setup) => {
          const result = await runJava(java, name, setup.env, `https://${OTHER_HOST}/v1`);
          assert.notEqual(result.code, 0);
          assert.match(result.stderr, /CertPathValidatorException|SSLHandshakeException/);
          assert.deepEqual(setup.proxy.requests, []);
          assert.equal(setup.proxy.connects.at(-1)?.host, OTHER_HOST);
        }, { parent: isolated(java), tokenless: true }),
    });
  }

  Deno.test({
    name: `${java} trusts all of its own roots and ours`,
    ignore,
    fn: () =>
      withRunSetup(async ({ env }) => {
        const parent = isolated(java);
        const before = (await runJava(java, "ListRoots", parent)).stdout;
        const after = (await runJava(java, "ListRoots", env)).stdout;
        const added = after.split("\n").filter((line) => !before.split("\n").includes(line));
        const lost = before.split("\n").filter((line) => !after.split("\n").includes(line));
        assert.deepEqual(lost, []);
        assert.ok(before.split("\n").length > 50);
        assert.match(added.join("\n"), /^CN=Authsome run root \d+$/);
      }, { parent: isolated(java), tokenless: true }),
  });
}

for (const java of JAVAS) {
  Deno.test({
    name: `run lets ${java} in without the token, and no Java that it did not start`,
    ignore,
    fn: () => withRunningShell(java, checkFamily),
  });
}

interface RunningShell {
  readonly api: ApiOrigin;
  /** Runs each line that is typed. */
  readonly shell: RunningProgram;
  readonly env: Readonly<Record<string, string>>;
  /** Words that start a program. */
  readonly java: string;
}

async function withRunningShell(
  java: string,
  use: (running: RunningShell) => Promise<void>,
): Promise<void> {
  const [api, other] = await Promise.all([startApiOrigin(), startApiOrigin(OTHER_HOST)]);
  const words = `${java} -cp ${await compiledClasses()}`;
  await withUser(async (user) => {
    await logIn(user);
    const flags = [...api.flags(user), ...other.flags(user)];
    const env = { ...user.env, ...isolated(java), HOME: user.folder, AUTHSOME_HOME: user.home };
    const command = [...authsomeCommand(), "run", ...flags, "--", "sh", "-c", READ_AND_RUN];
    const shell = new RunningProgram(command, env);
    await use({ api, shell, env, java: words }).finally(() => shell.finish());
  }).finally(() => Promise.all([api.close(), other.close()]));
}

const READ_AND_RUN = 'while read -r line; do sh -c "$line; true"; echo end; done';

async function checkFamily({ api, shell, env, java }: RunningShell): Promise<void> {
  const [routed, other] = ["https://api.openai.com/v1", `https://${OTHER_HOST}/v1`];
  await shell.type(`${java} HttpClient ${routed} 2>&1`);
  assert.match(await shell.readUntil("end\n"), /"path":"\/v1"/);
  await shell.type(`${java} PrintIssuers ${routed} ${other} 2>/dev/null`);
  const [ours, theirs] = (await shell.readUntil("end\n")).split("\n");
  assert.match(ours ?? "", /Authsome/i);
  assert.doesNotMatch(theirs ?? "", /Authsome/i);
  assert.ok(theirs !== "end");
  const sent = api.requests.map((head) => headerOf(head, "authorization"));
  assert.deepEqual(sent, [`Bearer ${KEY}`, `Bearer ${KEY}`]);
  await shell.type('echo "$JAVA_TOOL_OPTIONS"');
  const options = (await shell.readUntil("end\n")).split("\n")[0] ?? "";
  const stranger = { env: { ...env, JAVA_TOOL_OPTIONS: options } };
  const { stderr } = await runCommand([...java.split(" "), "HttpURLConnection", routed], stranger);
  assert.match(stderr, /returns "HTTP\/1.1 407 /);
  assert.equal(api.requests.length, sent.length);
}

Deno.test({
  name: "Java is left alone where the proxy asks it for the token",
  ignore,
  fn: () =>
    withRunSetup(({ env }) => {
      assert.equal(env["JAVA_TOOL_OPTIONS"], undefined);
      return Promise.resolve();
    }, { parent: isolated(JAVAS[0] ?? "") }),
});
