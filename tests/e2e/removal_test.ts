import assert from "node:assert/strict";
import {
  authsomeCommand,
  KEY,
  logIn,
  OTHER_KEY,
  type User,
  withUser,
} from "../support/authsome.ts";

async function connectionsOf(user: User): Promise<unknown> {
  return (await user.json(["whoami"])).document.connections;
}

async function eventsOf(user: User): Promise<readonly unknown[]> {
  const { events } = (await user.json(["log"])).document as {
    readonly events: readonly Readonly<Record<string, unknown>>[];
  };
  return events.map(({ event, provider, connection, outcome }) =>
    [event, provider, connection, outcome].filter((part) => part !== undefined).join(" ")
  );
}

Deno.test("logout removes one connection", () =>
  withUser(async (user) => {
    await logIn(user, { connection: "personal" });
    await logIn(user, { connection: "team", key: OTHER_KEY });
    assert.equal(
      await user.succeed(["logout", "openai", "--connection", "personal"]),
      "Logged out of openai (personal).\n",
    );
    assert.equal(await connectionsOf(user), 1);
    const gone = await user.fail(5, ["logout", "openai", "--connection", "personal"]);
    assert.match(
      gone,
      /^Error: openai \(personal\) is not connected\.\nHint: Connections of openai: team\./,
    );
    assert.equal(await user.succeed(["logout", "openai"]), "Logged out of openai (team).\n");
    assert.equal(
      await user.fail(5, ["logout", "openai"]),
      "Error: openai is not connected.\nHint: Run: authsome login openai\n",
    );
  }));

Deno.test("revoke removes an API key and says where to end it", () =>
  withUser(async (user) => {
    await logIn(user);
    const { code, stdout, stderr } = await user.authsome(["revoke", "openai"]);
    assert.equal(code, 0);
    assert.equal(stdout, "Removed openai (default).\n");
    assert.equal(
      stderr,
      "The key itself stays valid. To end it, delete it at https://platform.openai.com/api-keys\n",
    );
    await user.fail(5, ["get", "openai"]);
  }));

Deno.test("remove takes everything of a provider, its custom definition too", () =>
  withUser(async (user) => {
    await logIn(user);
    await logIn(user, { connection: "team" });
    await Deno.writeTextFile(
      `${user.home}/providers/openai.json`,
      await user.succeed(["inspect", "openai"]),
    );
    const sentence = await user.succeed(["remove", "openai"]);
    assert.equal(
      sentence,
      `Removed openai: 2 connections and its definition ${user.home}/providers/openai.json.\n`,
    );
    assert.equal(await connectionsOf(user), 0);
    assert.match(await user.succeed(["list"]), /^openai +bundled/m);
    assert.equal(await user.succeed(["remove", "openai"]), "Nothing was stored for openai.\n");
  }));

Deno.test("a connection outlives its definition and can still be seen and removed", () =>
  withUser(async (user) => {
    await user.succeed(["list"]);
    const definition = JSON.parse(await user.succeed(["inspect", "gemini"]));
    const file = `${user.home}/providers/acme.json`;
    await Deno.writeTextFile(file, JSON.stringify({ ...definition, name: "acme" }));
    await user.succeed(["login", "acme", "--stdin"], { stdin: "acme-key" });
    await Deno.remove(file);
    assert.match((await user.authsome(["list"])).stderr, /Warning: acme: Its definition is gone/);
    assert.equal(await user.succeed(["get", "acme", "--field", "status"]), "connected\n");
    assert.equal((await user.json(["doctor"])).code, 1);
    assert.equal(await user.succeed(["remove", "acme"]), "Removed acme: 1 connection.\n");
    await user.fail(3, ["remove", "acme"]);
  }));

Deno.test("every change and every disclosure is in the log", () =>
  withUser(async (user) => {
    const definition = JSON.parse(await user.succeed(["inspect", "gemini"]));
    const file = `${user.folder}/acme.json`;
    await Deno.writeTextFile(file, JSON.stringify({ ...definition, name: "acme" }));
    await logIn(user);
    await user.fail(4, ["login", "openai", "--stdin", "--force"], { stdin: "nonsense" });
    await user.succeed(["get", "openai"]);
    await user.succeed(["get", "openai", "--field", "status", "--show-secret"]);
    await user.succeed(["get", "openai", "--show-secret"]);
    await user.succeed(["export", "openai"]);
    await user.succeed(["set-default", "openai", "default"]);
    await user.succeed(["register", file, "--yes"]);
    await user.succeed(["logout", "openai"]);
    await logIn(user);
    await user.succeed(["revoke", "openai"]);
    await user.succeed(["remove", "acme"]);
    assert.deepEqual(await eventsOf(user), [
      "login openai default ok",
      "login openai default authentication_failed",
      "show_secret openai default ok",
      "export openai default ok",
      "set_default openai default ok",
      "register acme ok",
      "logout openai default ok",
      "login openai default ok",
      "revoke openai default ok",
      "remove acme ok",
    ]);
  }));

Deno.test("log shows the last events, oldest first", () =>
  withUser(async (user) => {
    assert.equal((await user.authsome(["log"])).stderr, "Nothing has happened yet.\n");
    for (const connection of ["a", "b", "c"]) await logIn(user, { connection });
    const text = await user.succeed(["log", "-n", "2"]);
    assert.match(
      text,
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}login +openai\/b\n[\d: -]+login +openai\/c\n$/,
    );
    assert.equal(await user.succeed(["log", "-n0"]), "");
  }));

Deno.test({
  name: "log --follow goes on until Ctrl-C",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withUser(async (user) => {
      await logIn(user, { connection: "before" });
      const [program = "", ...args] = authsomeCommand();
      const child = new Deno.Command(program, {
        args: [...args, "log", "--follow"],
        env: user.env,
        clearEnv: true,
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      let seen = "";
      const waitFor = async (text: string): Promise<void> => {
        while (!seen.includes(text)) {
          const { value, done } = await reader.read();
          assert.ok(!done, seen);
          seen += value;
        }
      };
      await waitFor("openai/before");
      await logIn(user, { connection: "after", key: KEY });
      await waitFor("openai/after");
      child.kill("SIGINT");
      const { code } = await child.status;
      assert.equal(code, 0);
      assert.equal(await new Response(child.stderr).text(), "");
      await reader.cancel();
    }),
});
