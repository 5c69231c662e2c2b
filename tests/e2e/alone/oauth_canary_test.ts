import assert from "node:assert/strict";
import { startApiOrigin } from "../../support/api_origin.ts";
import { CLIENTS, type TestAuthorizationServer } from "../../support/authorization_server.ts";
import { type User, withUser } from "../../support/authsome.ts";
import { assertAbsent, assertAbsentFromFiles, watchProcesses } from "../../support/canary.ts";
import type { CommandResult } from "../../support/command.ts";
import { testNeeding } from "../../support/needs.ts";
import { withServer } from "../../support/oauth.ts";
import {
  acmeDefinition,
  API_HOST,
  enterDeviceCode,
  follow,
  registerAcme,
  signIn,
  startOAuthLogin,
  trusting,
} from "../../support/oauth_user.ts";
import { type Recorder, startRecorder } from "../../support/recorder.ts";

const { id, secret } = CLIENTS.post;
const WRONG_SECRET = "wrong-secret-canary";

interface Watched {
  readonly user: User;
  readonly server: TestAuthorizationServer;
  readonly recorder: Recorder;
  /** Fails if anything known by now is in what a command printed or left. */
  check(result: CommandResult, where: string): void;
}

async function withWatched(use: (watched: Watched) => Promise<void>): Promise<void> {
  await withServer((server) =>
    withUser(async (user) => {
      const recorder = startRecorder(server);
      const known = (): string[] => [secret, WRONG_SECRET, ...recorder.secrets];
      await registerAcme(
        user,
        acmeDefinition(server, {
          token_url: `${recorder.origin}/token`,
          revocation_url: `${recorder.origin}/token/revocation`,
          device_authorization_url: `${recorder.origin}/device/auth`,
        }),
      );
      const check = ({ stdout, stderr }: CommandResult, where: string): void => {
        assertAbsent(known(), stdout + stderr, where);
        assertAbsentFromFiles(known(), user.folder);
      };
      try {
        await watchProcesses(known, () => use({ user, server, recorder, check }));
      } finally {
        await recorder.close();
      }
    }), { lifeS: 60 });
}

async function logInWatched(
  { user, server, check }: Watched,
  args: readonly string[],
  stdin?: string,
): Promise<number> {
  const flags = ["--verbose", "--redirect-port", "0", ...args];
  const login = await startOAuthLogin(user, flags, stdin === undefined ? {} : { stdin });
  const back = await signIn(server, await login.authorizationUrl());
  const page = (await follow(back)).text;
  const result = await login.ended();
  check({ ...result, stdout: result.stdout + page }, `login ${args.join(" ")}`);
  assertAbsent(
    [back.searchParams.get("code") ?? "?"],
    result.stdout + result.stderr,
    "the terminal",
  );
  return result.code;
}

testNeeding("curl")(
  "no client secret, code, verifier or token is shown or left anywhere",
  () =>
    withWatched(async (watched) => {
      const { user, server, recorder, check } = watched;
      const env = await trusting(user);
      const named = ["--client-id", id, "--stdin"];
      assert.equal(await logInWatched(watched, named, WRONG_SECRET), 4);
      assert.equal(await logInWatched(watched, named, secret), 0);
      assert.equal(await logInWatched(watched, ["--connection", "work"]), 0);
      const device = await startOAuthLogin(user, ["--flow", "device_code", "--connection", "tv"]);
      const visit = await device.see(/Visit (\S+ and enter the code \S+)\n/);
      await enterDeviceCode(server, visit, "allow");
      check(await device.ended(), "the device login");
      for (const args of [["get", "acme"], ["get", "acme", "--json"], ["list", "--json"]]) {
        const result = await user.authsome([...args, "--verbose"], { env });
        assert.equal(result.code, 0, result.stderr);
        check(result, args.join(" "));
      }
      const api = await startApiOrigin(API_HOST);
      const script = `env; cat /proc/self/environ; curl -sS https://${API_HOST}/v1/me`;
      const flags = ["run", ...api.flags(user), "--", "sh", "-c", script];
      check(await user.authsome(flags, { env }), "the child");
      await api.close();
      assert.ok([...recorder.secrets].some((one) => api.requests[0]?.includes(one)));
      for (const args of [["revoke", "acme", "--connection", "tv"], ["revoke", "acme", "--all"]]) {
        check(await user.authsome([...args, "--verbose"], { env }), args.join(" "));
      }
      check(await user.authsome(["log", "-n", "1000", "--json"]), "log");
      assert.deepEqual([...recorder.fields].sort(), [
        "access_token",
        "client_secret",
        "code",
        "code_verifier",
        "device_code",
        "id_token",
        "refresh_token",
        "token",
      ]);
    }),
);
