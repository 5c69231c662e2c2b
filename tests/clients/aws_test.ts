import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { type User, withUser } from "../support/authsome.ts";
import { issueTestLeaf, testAuthority } from "../support/certificates.ts";
import { openKit, pythonKit, pythonOf } from "../support/client_tools.ts";
import type { CommandResult } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";
import { RunningProgram } from "../support/running.ts";

const FIXTURES = join(import.meta.dirname ?? ".", "..", "fixtures", "aws");
const HOSTS = ["examplebucket.s3", "bedrock-runtime", "sts"]
  .map((name) => `${name}.eu-central-1.amazonaws.com`);

const kit = await openKit(pythonKit("python-aws", ["boto3==1.44.5", "awscli==1.46.3"]), "install");
const python = kit === undefined ? undefined : pythonOf(kit);
const ignore = python === undefined;
const testWithCurl = ignore ? Deno.test.ignore : testNeeding("curl");

const ID = "AKIAEXAMPLEEXAMPLE00";
const SECRET = "canary/SECRET+ACCESS/KEYcanary0123456789";
const TOKEN = "canaryTOKEN/+0123456789==";

/** One request as the judge saw it. */
interface JudgedRequest {
  readonly method: string;
  readonly host: string;
  readonly target: string;
  /** `x-amz-content-sha256`. */
  readonly payload: string | null;
  /** Why it was refused, if it was. */
  readonly refused: string | null;
}

interface Aws {
  readonly user: User;
  /** Runs a command behind authsome, with AWS played by the judge. */
  run(command: readonly string[]): Promise<CommandResult>;
  /** What has been asked of it. */
  judged(): Promise<readonly JudgedRequest[]>;
}

/** Logs in with a key from the environment and starts a judge who knows the same key. */
async function withAws(
  key: Readonly<Record<string, string>>,
  use: (aws: Aws) => Promise<void>,
): Promise<void> {
  await withUser(async (user) => {
    await user.succeed(["login", "aws", "--from-env"], { env: key });
    const judge = await startJudge(user, key);
    const port = (await judge.readUntil("\n")).trim();
    const caFile = join(user.folder, "ca.pem");
    Deno.writeTextFileSync(caFile, (await testAuthority()).certPem);
    const flags = ["--connect-to", `::127.0.0.1:${port}`, "--upstream-ca", caFile];
    await use({
      user,
      run: (command) =>
        user.authsome(["run", ...flags, "--", ...command], {
          env: { AWS_DEFAULT_REGION: "eu-central-1", AWS_MAX_ATTEMPTS: "1", ...key },
          cwd: user.folder,
        }),
      judged: async () => {
        await judge.type("report");
        return JSON.parse(await judge.readUntil("\n"));
      },
    });
    await judge.finish();
  });
}

async function startJudge(
  user: User,
  key: Readonly<Record<string, string>>,
): Promise<RunningProgram> {
  for (const host of HOSTS) {
    const { certPem, keyPem } = await issueTestLeaf(host);
    Deno.writeTextFileSync(join(user.folder, `${host}.pem`), certPem + keyPem);
  }
  const command = [python ?? "", join(FIXTURES, "service.py"), user.folder, ...HOSTS];
  return new RunningProgram(command, { ...user.env, ...key });
}

const LONG_LIVED = { AWS_ACCESS_KEY_ID: ID, AWS_SECRET_ACCESS_KEY: SECRET };
const TEMPORARY = { ...LONG_LIVED, AWS_SESSION_TOKEN: TOKEN };

const BOTO3_PRINTS = [
  "authsome-proxy-managed authsome-proxy-managed",
  "object 11 True",
  "object 3000000 True",
  "hashed b'hashed'",
  "presigned b'hashed'",
  `model b'{"length": 2}'`,
  `model b'{"length": 1000000}'`,
  "",
].join("\n");

for (const [what, key] of [["long-lived", LONG_LIVED], ["temporary", TEMPORARY]] as const) {
  Deno.test(`boto3: S3 and Bedrock take its requests, signed with a ${what} key`, {
    ignore,
  }, async () => {
    await withAws(key, async ({ run, judged }) => {
      const { stdout, stderr } = await run([python ?? "", join(FIXTURES, "boto3_services.py")]);
      const requests = await judged();
      assert.deepEqual(requests.filter(({ refused }) => refused !== null), []);
      assert.equal(stdout, BOTO3_PRINTS, stderr);
      const payloads = new Set(requests.map(({ payload }) => payload?.replace(/^[0-9a-f]+$/, "#")));
      for (const payload of ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "#", undefined]) {
        assert.ok(payloads.has(payload), `there is a request with ${payload}`);
      }
      assert.ok(!`${stdout}${stderr}`.includes("canary"));
    });
  });
}

Deno.test("the aws CLI copies to S3 and back, small and in parts, and asks STS", {
  ignore,
}, async () => {
  await withAws(TEMPORARY, async ({ user, run, judged }) => {
    const aws = join(dirname(python ?? ""), "aws");
    for (const size of [100, 3_000_000, 20_000_000]) {
      const sent = crypto.getRandomValues(new Uint8Array(1000));
      const file = join(user.folder, "sent");
      Deno.writeFileSync(file, new Uint8Array(size).map((_, at) => sent[at % 1000]! ^ at));
      const there = `s3://examplebucket/${size}`;
      const back = join(user.folder, "back");
      const script = `'${aws}' s3 cp --no-progress '${file}' ${there} && ` +
        `'${aws}' s3 cp --no-progress ${there} '${back}'`;
      const { code, stdout, stderr } = await run(["sh", "-c", script]);
      assert.equal(code, 0, `${stdout}${stderr}${JSON.stringify(await judged())}`);
      assert.deepEqual(Deno.readFileSync(back), Deno.readFileSync(file));
    }
    const { stdout, stderr } = await run([aws, "sts", "get-caller-identity"]);
    assert.match(stdout, /"Account": "123456789012"/, stderr);
    const requests = await judged();
    assert.deepEqual(requests.filter(({ refused }) => refused !== null), []);
    assert.ok(requests.filter(({ method }) => method === "PUT").length > 4, "in parts");
    const trail = Deno.readTextFileSync(`${user.home}/audit.jsonl`);
    assert.match(trail, /"provider":"aws".*"path":"\/20000000"/);
    assert.ok(!trail.includes("canary"));
  });
});

Deno.test("S3 takes chunks that are signed one by one", { ignore }, async () => {
  await withAws(LONG_LIVED, async ({ run, judged }) => {
    const { stdout, stderr } = await run([python ?? "", join(FIXTURES, "signed_chunks.py")]);
    assert.equal(stdout, "chunks 200\n", `${stderr}${JSON.stringify(await judged())}`);
  });
});

testWithCurl("the judge refuses what the proxy has not signed", async () => {
  await withAws(LONG_LIVED, async ({ run, judged }) => {
    const url = "https://examplebucket.s3.eu-central-1.amazonaws.com/x";
    const { stdout } = await run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", url]);
    assert.equal(stdout, "403");
    const [request] = await judged();
    assert.ok(request?.refused);
  });
});

testWithCurl("curl: its own signature is replaced", async () => {
  await withAws(TEMPORARY, async ({ run, judged }) => {
    const url = "https://bedrock-runtime.eu-central-1.amazonaws.com/model/a:b/invoke";
    const script = `curl -sS --aws-sigv4 aws:amz:eu-central-1:bedrock -d '{"a":1}' ` +
      `--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" ${url}`;
    const { stdout, stderr } = await run(["sh", "-c", script]);
    assert.equal(stdout, '{"length": 7}', `${stderr}${JSON.stringify(await judged())}`);
  });
});
