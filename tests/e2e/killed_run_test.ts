import assert from "node:assert/strict";
import { authsomeCommand, logIn, withUser } from "../support/authsome.ts";
import { testNeeding } from "../support/needs.ts";
import { startOrigin } from "../support/origin.ts";
import { RunningProgram } from "../support/running.ts";

const HOST = "api.openai.com";

/** Runs that are killed, and requests under way in each. */
const KILLS = Number(Deno.env.get("AUTHSOME_TEST_KILLS") ?? "2");
const REQUESTS = 20;

testNeeding("curl")(
  "a run that is killed once its requests were forwarded loses none of them",
  () =>
    withUser(async (user) => {
      await logIn(user);
      const over = Promise.withResolvers<void>();
      let arrived = 0;
      let kill: (() => void) | undefined;
      const origin = await startOrigin({
        host: HOST,
        respond: async (wire) => {
          for (;;) {
            const head = await wire.takeHead();
            arrived += 1;
            if (arrived === REQUESTS) kill?.();
            // Some are answered at once: they must not be told twice.
            if (!head.includes("/fast/")) await over.promise;
            await wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
          }
        },
      });
      const ca = `${user.folder}/ca.pem`;
      await Deno.writeTextFile(ca, origin.caPem);
      const flags = ["--connect-to", `${HOST}:443:127.0.0.1:${origin.port}`, "--upstream-ca", ca];
      const expected: string[] = [];
      for (let run = 0; run < KILLS; run++) {
        const paths = Array.from({ length: REQUESTS }, (_, index) => {
          return `/${index % 3 === 0 ? "fast" : "slow"}/${run}/${index}`;
        });
        expected.push(...paths);
        arrived = 0;
        const curl = ["curl", "-sS", "--parallel", "--parallel-immediate", "--parallel-max", "50"];
        const urls = paths.map((path) => `https://${HOST}${path}`);
        const command = [...authsomeCommand(), "run", ...flags, "--", ...curl, ...urls];
        const program = new RunningProgram(command, user.env);
        kill = () => program.kill("SIGKILL");
        await program.ended();
      }
      const { document } = await user.json(["log", "--event", "request", "-n", "9999"]);
      const events = document.events as readonly Readonly<Record<string, unknown>>[];
      assert.deepEqual(events.map(({ path }) => String(path)).sort(), expected.sort());
      assert.ok(events.every(({ outcome }) => outcome === "ok" || outcome === "unknown"));
      assert.ok(events.some(({ outcome }) => outcome === "unknown"));
      await user.succeed(["log", "--verify"]);
      over.resolve();
      await origin.close();
    }),
);
