import assert from "node:assert/strict";
import { join } from "node:path";
import { openKit } from "../support/client_tools.ts";
import { type CommandResult, findProgram, runCommand } from "../support/command.ts";
import { ANSWER } from "../support/intercepting_proxy.ts";
import { OTHER_HOST, ROUTED_HOST, type RunSetup, withRunSetup } from "../support/run_setup.ts";
import { KITS } from "./kits.ts";

interface Program {
  readonly name: string;
  /** File name; its ending decides between CommonJS and ES modules. */
  readonly file: string;
  /** Fetches `process.argv[2]` and prints the body. */
  readonly code: string;
  /** Node 22 warns about its own proxy support before any script of ours can run. */
  readonly warns?: true;
  /** A package of the clients' kit. */
  readonly needs?: string;
}

const PIPE = `(response) => response.pipe(process.stdout)`;
const PROGRAMS: readonly Program[] = [
  {
    name: "fetch",
    file: "main.mjs",
    code: `process.stdout.write(await (await fetch(process.argv[2])).text());`,
  },
  {
    name: "fetch after Headers were touched",
    file: "main.mjs",
    code: `new Headers(); process.stdout.write(await (await fetch(process.argv[2])).text());`,
  },
  {
    name: "fetch in a worker",
    file: "main.cjs",
    code: `const { Worker, isMainThread, workerData } = require("worker_threads");
      if (isMainThread) new Worker(__filename, { workerData: process.argv[2] });
      else fetch(workerData).then((r) => r.text()).then((t) => process.stdout.write(t));`,
    warns: true,
  },
  {
    name: "fetch in a child process",
    file: "main.cjs",
    code: `const { spawnSync } = require("child_process");
      const code = "fetch(process.argv[1]).then((r) => r.text()).then((t) => " +
        "process.stdout.write(t))";
      spawnSync(process.execPath, ["-e", code, process.argv[2]], { stdio: "inherit" });`,
  },
  {
    name: "a forked process that forks a worker",
    file: "main.cjs",
    code: `const { Worker, isMainThread } = require("worker_threads");
      const url = process.argv[2];
      if (isMainThread && !process.send) require("child_process").fork(__filename, [url]);
      else if (isMainThread) new Worker(__filename, { argv: [url] });
      else require("https").get(url, { agent: new (require("https").Agent)() }, ${PIPE});`,
    warns: true,
  },
  {
    name: "Node's test runner",
    file: "main.cjs",
    code: `const { spawnSync } = require("child_process");
      const code = "const https = require('https'); const agent = new https.Agent();" +
        "require('node:test')('t', (t, done) => https.get(process.env.ASKED, { agent }, (r) => {" +
        "let text = ''; r.on('data', (part) => text += part).on('end', () => {" +
        "require('fs').writeFileSync('answer', text); done(); }); }));";
      require("fs").writeFileSync("a.test.cjs", code);
      const env = { ...process.env, ASKED: process.argv[2] };
      spawnSync(process.execPath, ["--test", "a.test.cjs"], { env });
      process.stdout.write(require("fs").readFileSync("answer"));`,
  },
  {
    name: "https.get as CommonJS",
    file: "main.cjs",
    code: `require("https").get(process.argv[2], ${PIPE});`,
  },
  {
    name: "https.get as an ES module",
    file: "main.mjs",
    code: `import { get } from "node:https"; get(process.argv[2], ${PIPE});`,
  },
  {
    name: "https.request with a Host of its own and a body",
    file: "main.cjs",
    code: `const url = new URL(process.argv[2]);
      const options = { host: url.host, path: url.pathname, method: "POST", timeout: 5000 };
      require("https").request(options, ${PIPE}).end("{}");`,
  },
  {
    name: "an https agent of the program's own, used twice",
    file: "main.mjs",
    code: `import https from "https";
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
      const get = () => new Promise((resolve, reject) => {
        https.get(process.argv[2], { agent }, (response) => {
          let text = "";
          response.on("data", (chunk) => text += chunk).on("end", () => resolve(text));
        }).on("error", reject);
      });
      await get();
      process.stdout.write(await get());`,
  },
  {
    name: "an agent that needs its socket at once",
    file: "main.cjs",
    code: `const https = require("https");
      class Agent extends https.Agent {
        createConnection(options, callback) {
          const socket = super.createConnection(options, callback);
          socket.setKeepAlive(true);
          return socket;
        }
      }
      https.get(process.argv[2], { agent: new Agent({ keepAlive: true }) }, ${PIPE});`,
  },
  {
    name: "an agent for proxies that the program brings",
    file: "main.cjs",
    code: `const { HttpsProxyAgent } = require("https-proxy-agent");
      const agent = new HttpsProxyAgent(process.env.HTTPS_PROXY);
      require("https").get(process.argv[2], { agent }, ${PIPE});`,
    needs: "https-proxy-agent",
  },
  {
    name: "a bundle of esbuild",
    file: "main.cjs",
    code: `const bundle = require("esbuild").buildSync({ bundle: true, platform: "node",
        write: false, stdin: { contents: "import { Agent, get } from 'https';" +
          "get(process.argv[2], { agent: new Agent() }, ${PIPE})" } });
      require("fs").writeFileSync("bundle.cjs", bundle.outputFiles[0].text);
      require(process.cwd() + "/bundle.cjs");`,
    needs: "esbuild",
    warns: true,
  },
  {
    name: "agentkeepalive",
    file: "main.cjs",
    code: `const { HttpsAgent } = require("agentkeepalive");
      require("https").get(process.argv[2], { agent: new HttpsAgent() }, ${PIPE});`,
    needs: "agentkeepalive",
  },
];

/** `deno task clients` installs them, and tries the packages that make requests. */
const PACKAGES = await openKit(KITS.node(), "skip");

/** AUTHSOME_TEST_NODES names further `node` programs, separated by commas. */
const NODES = [
  findProgram("node") ?? "",
  ...(Deno.env.get("AUTHSOME_TEST_NODES") ?? "").split(","),
].filter((path) => path !== "");

/** `[major, minor]` of a Node program. */
async function versionOf(node: string): Promise<readonly [number, number]> {
  const { stdout } = await runCommand([node, "--version"]);
  const [major = 0, minor = 0] = stdout.trim().slice(1).split(".").map(Number);
  return [major, minor];
}

async function runNode(
  node: string,
  program: Pick<Program, "file" | "code">,
  { env, folder }: RunSetup,
  ...args: readonly string[]
): Promise<CommandResult> {
  const file = join(folder, program.file);
  Deno.writeTextFileSync(file, program.code);
  if (PACKAGES !== undefined) {
    Deno.symlinkSync(join(PACKAGES, "node_modules"), join(folder, "node_modules"));
  }
  return await runCommand([node, file, ...args], { env, cwd: folder });
}

for (const node of NODES) {
  const version = await versionOf(node);
  const name = `Node ${version.join(".")}`;

  for (const program of PROGRAMS) {
    const ignore = program.needs !== undefined && PACKAGES === undefined;

    Deno.test({
      name: `${name}: ${program.name} goes through the proxy and trusts it` +
        (ignore ? ` (needs ${program.needs})` : ""),
      ignore,
      fn: () =>
        withRunSetup(async (setup) => {
          const result = await runNode(node, program, setup, `https://${ROUTED_HOST}/v1`);
          assert.equal(result.stdout, ANSWER, result.stderr);
          assert.ok(setup.proxy.requests.every(({ host }) => host === ROUTED_HOST));
          assert.ok(setup.proxy.requests.length > 0);
          if (program.warns !== true) assert.equal(result.stderr, "");
        }),
    });
  }

  for (const file of ["fetch", "https.get as CommonJS"]) {
    const program = PROGRAMS.find((program) => program.name === file);

    Deno.test(`${name}: ${file} refuses a certificate outside the constraints`, () =>
      withRunSetup(async (setup) => {
        assert.ok(program !== undefined);
        const result = await runNode(node, program, setup, `https://${OTHER_HOST}/v1`);
        assert.notEqual(result.code, 0);
        assert.deepEqual(setup.proxy.requests, []);
        assert.equal(setup.proxy.connects.at(-1)?.host, OTHER_HOST);
      }));
  }
}
