import assert from "node:assert/strict";
import { KEY, OTHER_KEY, withUser } from "../support/authsome.ts";
import { startPageLogin } from "../support/login_page.ts";

const LOGIN = ["login", "openai", "--no-browser"];

Deno.test("a key sent from the page is stored, and the terminal says so", () =>
  withUser(async (user) => {
    const login = await startPageLogin(user, LOGIN);
    const answer = await login.submit(`${KEY} `);
    const page = await answer.text();
    const { code, stdout, stderr } = await login.ended;
    assert.equal(answer.status, 200);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "Successfully logged in to openai (default).\n");
    assert.ok(!`${page}${stderr}`.includes(KEY));
    const shown = await user.succeed(["get", "openai", "--field", "api_key", "--show-secret"]);
    assert.equal(shown, `${KEY}\n`);
  }));

Deno.test("a wrong key is explained on the page, which can be used again", () =>
  withUser(async (user) => {
    const login = await startPageLogin(user, LOGIN);
    const refused = await login.submit("hello");
    assert.equal(refused.status >= 400, true);
    assert.match(await refused.text(), /This does not look like a valid OpenAI API key\./);
    await (await login.submit(KEY)).text();
    assert.equal((await login.ended).code, 0);
  }));

Deno.test("two pages at once get a port each", () =>
  withUser(async (user) => {
    const first = await startPageLogin(user, LOGIN);
    const second = await startPageLogin(user, [...LOGIN, "--connection", "team", "--quiet"]);
    assert.notEqual(new URL(first.address).port, new URL(second.address).port);
    await (await second.submit(OTHER_KEY)).text();
    await (await first.submit(KEY)).text();
    assert.deepEqual([(await first.ended).code, (await second.ended).code], [0, 0]);
    const { document } = await user.json(["whoami"]);
    assert.equal(document.connections, 2);
  }));

Deno.test({
  name: "Ctrl-C while the page waits cancels the login",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withUser(async (user) => {
      const login = await startPageLogin(user, LOGIN);
      login.signal("SIGINT");
      const { code, stderr } = await login.ended;
      assert.equal(code, 8);
      assert.match(stderr, /\nError: The login was cancelled\. Nothing was saved\.\nHint: /);
      await user.fail(5, ["get", "openai"]);
    }),
});

Deno.test("the page says so if another login was faster", () =>
  withUser(async (user) => {
    const login = await startPageLogin(user, LOGIN);
    await user.succeed(["login", "openai", "--stdin"], { stdin: OTHER_KEY });
    const answer = await login.submit(KEY);
    assert.match(await answer.text(), /already connected/);
    assert.equal((await login.ended).code, 10);
  }));

Deno.test({
  name: "with a display the browser is opened, and it gets no secret of ours",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withUser(async (user) => {
      const programs = `${user.folder}/bin`;
      await Deno.mkdir(programs);
      const record = `${user.folder}/opened`;
      await Deno.writeTextFile(
        `${programs}/xdg-open`,
        `#!/bin/sh\necho "$1 $AUTHSOME_MASTER_KEY" > "${record}.new"; mv "${record}.new" "${record}"\n`,
        { mode: 0o755 },
      );
      const watcher = Deno.watchFs(user.folder);
      const login = await startPageLogin(user, ["login", "openai"], {
        CI: "",
        DISPLAY: ":0",
        PATH: `${programs}:${user.env.PATH}`,
        AUTHSOME_MASTER_KEY: btoa("k".repeat(32)),
      });
      for await (const event of watcher) {
        if (event.paths.includes(record)) break;
      }
      assert.equal(await Deno.readTextFile(record), `${login.address} \n`);
      await (await login.submit(KEY)).text();
      assert.equal((await login.ended).code, 0);
    }),
});
