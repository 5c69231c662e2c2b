import assert from "node:assert/strict";
import { type ApiOrigin, headerOf, startApiOrigin } from "../support/api_origin.ts";
import { KEY, logIn, OTHER_KEY, type User, withUser } from "../support/authsome.ts";
import { testNeeding } from "../support/needs.ts";

const test = testNeeding("curl");

const URL = "https://api.openai.com/v1/models";

/** Prints the body, then the status code. */
const CURL = `curl -sS -w '\\n%{http_code}' -H "Authorization: Bearer $OPENAI_API_KEY" ${URL}`;

const sh = (script: string): readonly string[] => ["sh", "-c", script];

async function withApi(use: (user: User, api: ApiOrigin) => Promise<void>): Promise<void> {
  const api = await startApiOrigin();
  try {
    await withUser((user) => use(user, api));
  } finally {
    await api.close();
  }
}

test("run: the service receives the key and the child sees a placeholder", async () => {
  await withApi(async (user, api) => {
    await logIn(user);
    const { code, stdout, stderr } = await api.run(user, sh(`echo $OPENAI_API_KEY; ${CURL}`));
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.equal(stdout, 'authsome-proxy-managed\n{"method":"GET","path":"/v1/models"}\n200');
    assert.equal(headerOf(api.requests[0], "authorization"), `Bearer ${KEY}`);
  });
});

Deno.test("run: a real key in the parent's environment is hidden from the child", async () => {
  await withApi(async (user, api) => {
    await logIn(user);
    const { stdout } = await user.authsome(["run", ...api.flags(user), "--", ...sh("env")], {
      env: { OPENAI_API_KEY: OTHER_KEY, AUTHSOME_PASSPHRASE: "hunter2" },
    });
    assert.match(stdout, /^OPENAI_API_KEY=authsome-proxy-managed$/m);
    assert.match(stdout, /^AUTHSOME_RUN=1$/m);
    assert.doesNotMatch(stdout, /hunter2|AUTHSOME_PASSPHRASE/);
    assert.ok(!stdout.includes(OTHER_KEY));
  });
});

Deno.test("run: --no-node-preload leaves NODE_OPTIONS as it is", async () => {
  await withUser(async (user) => {
    const options = async (...flags: readonly string[]): Promise<string> => {
      const script = sh('printf %s "$NODE_OPTIONS"');
      const { stdout } = await user.authsome(["run", ...flags, "--", ...script], {
        env: { NODE_OPTIONS: "--no-warnings" },
      });
      return stdout;
    };
    assert.match(await options(), /^--no-warnings --require ".*node-preload\.cjs"$/);
    assert.equal(await options("--no-node-preload"), "--no-warnings");
  });
});

test("run: the child gets its placeholder only, even if it sends the header twice", async () => {
  await withApi(async (user, api) => {
    await logIn(user);
    const twice = `curl -sS -H "Authorization: one" -H "authorization: two" ${URL}`;
    await api.run(user, sh(twice));
    const found = api.requests[0]?.match(/^authorization:.*$/gim) ?? [];
    assert.deepEqual(found.map((line) => line.trim()), [`Authorization: Bearer ${KEY}`]);
  });
});

Deno.test("run: exit statuses are those of a shell", async () => {
  await withUser(async (user) => {
    const cases = [
      { command: sh("exit 7"), status: 7 },
      { command: ["no-such-command-here"], status: 127 },
      { command: [user.folder], status: 126 },
      { command: sh("kill -TERM $$"), status: 143 },
      { command: sh("kill -KILL $$"), status: 137 },
    ];
    for (const { command, status } of cases) {
      const { code } = await user.authsome(["run", "--", ...command]);
      assert.equal(code, status, command.join(" "));
    }
  });
});

Deno.test("run: with nothing connected, what is said holds with other flags too", async () => {
  await withUser(async (user) => {
    const cases: readonly (readonly [flags: readonly string[], line: RegExp])[] = [
      [["--only"], /^Nothing is connected: .* without a credential\. With --only, every host is/],
      [
        ["--read-only"],
        /without a credential\. A policy restricts credentials only: it refuses no/,
      ],
    ];
    for (const [flags, line] of cases) {
      const { stderr } = await user.authsome(["run", ...flags, "--", "true"]);
      assert.match(stderr, line);
      assert.doesNotMatch(stderr, /as it is/);
    }
  });
});

Deno.test("run: with nothing connected the command runs and one line says so", async () => {
  await withUser(async (user) => {
    const { code, stdout, stderr } = await user.authsome(["run", "--", "echo", "hi", "--json"]);
    assert.equal(code, 0);
    assert.equal(stdout, "hi --json\n");
    assert.equal(stderr.trim().split("\n").length, 1);
    assert.match(stderr, /Nothing is connected/);
  });
});

test("run: --connection chooses the connection, and so does the child per request", async () => {
  await withApi(async (user, api) => {
    await logIn(user, { connection: "personal" });
    await logIn(user, { connection: "team", key: OTHER_KEY });
    await api.run(user, sh(CURL), ["--connection", "openai=team"]);
    await api.run(user, sh(CURL));
    await api.run(user, sh(`OPENAI_API_KEY="$OPENAI_API_KEY:team"; ${CURL}`));
    const sent = api.requests.map((head) => headerOf(head, "authorization"));
    assert.deepEqual(sent, [`Bearer ${OTHER_KEY}`, `Bearer ${KEY}`, `Bearer ${OTHER_KEY}`]);
  });
});

Deno.test("run: flags that contradict each other are refused", async () => {
  await withUser(async (user) => {
    const cases: readonly (readonly [flags: readonly string[], message: RegExp])[] = [
      [
        ["--provider", "grafana", "--connection", "openai=team"],
        /^Error: --connection openai=team is about a provider left out\.\nHint: Add --provider op/,
      ],
      [
        ["--connection", "openai=a", "--connection", "openai=b"],
        /^Error: --connection names two connections of openai\.\nHint: Name one\./,
      ],
    ];
    for (const [flags, message] of cases) {
      assert.match(await user.fail(2, ["run", ...flags, "--", "true"]), message);
    }
  });
});

Deno.test("run: a provider behind a flag that wants '=' is explained", async () => {
  await withUser(async (user) => {
    const stderr = await user.fail(127, ["run", "--ask", "openai,groq/a", "--", "true"]);
    assert.match(stderr, /not found: openai,groq\/a\nHint: If .*, write: --ask=openai,groq\/a\n/);
    for (const args of [["--read-only", "no-such-provider"], ["openai"]]) {
      assert.doesNotMatch(await user.fail(127, ["run", ...args]), /write:/);
    }
  });
});

test("run: a placeholder that selects an unknown connection gets 502, nothing is sent", async () => {
  await withApi(async (user, api) => {
    await logIn(user);
    const { stdout } = await api.run(user, sh(`OPENAI_API_KEY="$OPENAI_API_KEY:nope"; ${CURL}`));
    assert.match(stdout, /connection_not_found/);
    assert.match(stdout, /502$/);
    assert.equal(api.requests.length, 0);
  });
});

Deno.test("run: --provider restricts the run and fails with 5 for one not connected", async () => {
  await withUser(async (user) => {
    await logIn(user);
    const stderr = await user.fail(5, ["run", "--provider", "groq", "--", "true"]);
    assert.match(stderr, /groq is not connected\.\nHint: Run: authsome login groq/);
    await user.succeed(["run", "--provider", "openai", "--", "true"]);
    await user.fail(3, ["run", "--provider", "no-such", "--", "true"]);
  });
});

test("run: --only refuses hosts without a route", async () => {
  await withApi(async (user, api) => {
    await logIn(user);
    const other = "curl -sS -o /dev/null -w '%{http_connect}' https://other.example/ ; true";
    const { stdout } = await api.run(user, sh(`${CURL} -o /dev/null; ${other}`), ["--only"]);
    assert.match(stdout, /200403$/);
  });
});

test("run: a host without a route keeps its own certificate and gets no credential", async () => {
  const other = await startApiOrigin("other.example");
  try {
    await withUser(async (user) => {
      await logIn(user);
      const ca = other.flags(user).at(-1) ?? "";
      const script = `curl -sS --cacert ${ca} -v https://other.example/ 2>&1`;
      const { stdout } = await other.run(user, sh(script));
      assert.match(stdout, /issuer: CN=Test authority/);
      assert.equal(headerOf(other.requests[0], "authorization"), undefined);
    });
  } finally {
    await other.close();
  }
});

Deno.test("run: two providers that claim one host are refused with the flag that settles it", async () => {
  await withUser(async (user) => {
    await logIn(user);
    const definition = JSON.parse(await user.succeed(["inspect", "openai"]));
    const file = `${user.folder}/twin.json`;
    Deno.writeTextFileSync(file, JSON.stringify({ ...definition, name: "twin" }));
    await user.succeed(["register", file, "--yes"]);
    await user.succeed(["login", "twin", "--stdin"], { stdin: OTHER_KEY });
    const stderr = await user.fail(2, ["run", "--", "true"]);
    assert.match(stderr, /openai and twin are both connected and both claim api\.openai\.com/);
    assert.match(stderr, /authsome run --provider openai/);
    await user.succeed(["run", "--provider", "twin", "--", "true"]);
  });
});

test("run: a definition that changes its host does not take the old key along", async () => {
  const thief = await startApiOrigin("thief.example");
  try {
    await withUser(async (user) => {
      await logIn(user);
      const definition = JSON.parse(await user.succeed(["inspect", "openai"]));
      const changed = { ...definition, api_url: "thief.example" };
      Deno.mkdirSync(`${user.home}/providers`, { recursive: true, mode: 0o700 });
      Deno.writeTextFileSync(`${user.home}/providers/openai.json`, JSON.stringify(changed));
      const ca = thief.flags(user).at(-1) ?? "";
      const script = `curl -sS --cacert ${ca} https://thief.example/`;
      const { stderr } = await thief.run(user, sh(script));
      assert.match(stderr, /have changed since it was made.*authsome login openai --force/);
      assert.equal(thief.requests.length, 1);
      assert.equal(headerOf(thief.requests[0], "authorization"), undefined);
    });
  } finally {
    await thief.close();
  }
});

test("run: requests are in the audit trail, without query or secrets", async () => {
  await withApi(async (user, api) => {
    await logIn(user);
    await api.run(user, sh(`curl -sS '${URL}?secret=hidden'`));
    const { document } = await user.json(["log"]);
    const events = document.events as Record<string, unknown>[];
    const request = events.find(({ event }) => event === "request");
    assert.equal(request?.provider, "openai");
    assert.equal(request?.connection, "default");
    assert.equal(request?.method, "GET");
    assert.equal(request?.host, "api.openai.com");
    assert.equal(request?.path, "/v1/models");
    assert.equal(request?.status, 200);
    const trail = Deno.readTextFileSync(`${user.home}/audit.jsonl`);
    assert.ok(!trail.includes("hidden") && !trail.includes(KEY));
    assert.deepEqual(events.map(({ event }) => event), [
      ...["login", "run_start", "request", "run_end"],
    ]);
  });
});

Deno.test("run: the run's folder is gone afterwards", async () => {
  await withApi(async (user, api) => {
    await logIn(user);
    const { stdout } = await api.run(
      user,
      sh('cat "$SSL_CERT_FILE" | grep -c BEGIN; ls $AUTHSOME_HOME/run'),
    );
    assert.match(stdout, /^[1-9][0-9]*\n[0-9a-f]{16}\n$/);
    assert.deepEqual([...Deno.readDirSync(`${user.home}/run`)], []);
  });
});
