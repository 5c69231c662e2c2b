import assert from "node:assert/strict";
import { parsePolicyConfig } from "../../lib/policy_settings.ts";
import { createPermits, type FindPermit } from "../../lib/proxy/decision/permit.ts";
import { assertAbsent } from "../support/canary.ts";
import { attack, ATTACKER_HOST, attempt, GET } from "../support/attacks.ts";
import { CLIENT_PREFACE, formatFrame, FRAME } from "../../lib/proxy/http2/frame.ts";
import { get, H2Peer, startReadyRelay } from "../support/h2.ts";
import { AUTHORIZED, CANARY, ROUTED_HOST } from "../support/proxy.ts";

const MANAGED = "authsome-proxy-managed";

const READ_ONLY = { example: { read_only: true } };
const MODELS_ONLY = { example: { allow: ["GET /v1/models/**"] } };

function permitsOf(policy: object): FindPermit {
  const policies = parsePolicyConfig(policy, { where: "config.json", now: 0 });
  const ask = (): Promise<never> => Promise.reject(new Error("nobody is to be asked"));
  return createPermits({ policies, ask, now: () => 0 });
}

/** Requests of a child that would take the credential elsewhere, and what each is answered. */
const REFUSED: readonly [name: string, request: string, status: number][] = [
  [
    "names another tenant of the CDN in Host",
    `GET / HTTP/1.1\r\nHost: ${ATTACKER_HOST}\r\n\r\n`,
    421,
  ],
  [
    "names another tenant in an absolute target",
    `GET https://${ATTACKER_HOST}/ HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`,
    421,
  ],
  ["names its host with a trailing dot", `GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}.\r\n\r\n`, 421],
  ["sends two Host fields", `${GET}Host: ${ATTACKER_HOST}\r\n\r\n`, 400],
  [
    "hides a second request behind Content-Length and chunks",
    `POST / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\nContent-Length: 44\r\n` +
    `Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n`,
    400,
  ],
  [
    "hides a second request behind a bare line feed",
    `${GET}X: y\nGET /admin HTTP/1.1\r\n\r\n`,
    400,
  ],
  [
    "has the credential dropped as a field of the hop",
    `${GET}Connection: authorization\r\n\r\n`,
    400,
  ],
  [
    "asks for its own request back with TRACE",
    `TRACE / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`,
    501,
  ],
  ["hides requests in HTTP/2 without TLS's consent", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  [
    "opens a tunnel inside the tunnel",
    `CONNECT ${ATTACKER_HOST}:443 HTTP/1.1\r\nHost: ${ATTACKER_HOST}:443\r\n\r\n`,
    501,
  ],
];

for (const [name, request, status] of REFUSED) {
  attack(
    `a child ${name}: ${status}, and nothing is sent`,
    () =>
      attempt(async ({ ask, service }) => {
        assert.match(await ask(request), new RegExp(`^HTTP/1\\.1 ${status} `));
        assert.equal(service.received(), "");
      }),
  );
}

/** Ways around `--read-only`, and around a rule that allows GET below `/v1/models` only. */
const AROUND: readonly [name: string, policy: object, request: string, status: number][] = [
  ["writes", READ_ONLY, `DELETE / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`, 403],
  [
    "writes as a GET that names another method",
    READ_ONLY,
    `${GET}X-HTTP-Method-Override: DELETE\r\n\r\n`,
    403,
  ],
  [
    "names the method in its own letter case",
    READ_ONLY,
    `get / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`,
    403,
  ],
  ...([
    ["another path", "/v1/files", 403],
    ["another path with dots", "/v1/models/../files", 400],
    ["another path with encoded dots", "/v1/models/%2e%2e/files", 400],
    ["another path with dots encoded twice", "/v1/models/%252e%252e/files", 400],
    ["another path with an encoded slash", "/v1/models/..%2ffiles", 400],
    ["another path with a backslash", "/v1/models/..\\files", 400],
    ["another path with a parameter", "/v1/models/..;/files", 400],
    ["another path with two slashes", "/v1/models//../files", 400],
  ] as const).map(([name, path, status]): [string, object, string, number] => [
    `asks for ${name}`,
    MODELS_ONLY,
    `GET ${path} HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`,
    status,
  ]),
];

for (const [name, policy, request, status] of AROUND) {
  attack(
    `a child under a policy ${name}: ${status}, and nothing is sent`,
    () =>
      attempt(async ({ ask, service }) => {
        assert.match(await ask(request), new RegExp(`^HTTP/1\\.1 ${status} `));
        assert.equal(service.received(), "");
      }, { proxy: { permitOf: permitsOf(policy) } }),
  );
}

/** Places where a placeholder is only text. */
const ELSEWHERE: readonly [name: string, request: string][] = [
  [
    "in the body",
    `POST / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\nContent-Length: 22\r\n\r\n${MANAGED}`,
  ],
  ["in the query", `GET /?key=${MANAGED} HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`],
  ["in a cookie", `${GET}Cookie: a=${MANAGED}\r\n\r\n`],
  ["in X-Api-Key", `${GET}X-Api-Key: ${MANAGED}\r\n\r\n`],
  ["in a forwarding address", `${GET}X-Forwarded-Host: ${MANAGED}\r\n\r\n`],
];

for (const [where, request] of ELSEWHERE) {
  attack(
    `a child puts the placeholder ${where}: it stays a placeholder`,
    () =>
      attempt(async ({ ask, service }) => {
        await ask(request);
        const received = service.received();
        assert.equal(received.split(CANARY).length, 2, "the credential is there once");
        assert.match(received, new RegExp(`^Authorization: Bearer ${CANARY}\r$`, "m"));
        assert.equal(received.split(MANAGED).length, request.split(MANAGED).length);
      }),
  );
}

attack(
  "a child sends a second credential to confuse the service: only ours is left",
  () =>
    attempt(async ({ ask, service }) => {
      await ask(`${GET}Authorization: Bearer mine\r\nauthorization: Basic bWluZQ==\r\n\r\n`);
      assert.deepEqual(service.received().match(/^authorization:.*$/gim), [
        `Authorization: Bearer ${CANARY}`,
      ]);
    }),
);

attack(
  "a child goes to the service over http://: no credential",
  () =>
    attempt(async ({ askBare }) => {
      const target = `http://${ROUTED_HOST}/`;
      await askBare(`GET ${target} HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n${AUTHORIZED}\r\n`);
    }, { plain: true }),
);

attack(
  "a child asks for another connection's key by a name that is none: 400, nothing is sent",
  () =>
    attempt(async ({ ask, service }) => {
      const answer = await ask(`${GET}Authorization: Bearer ${MANAGED}:../default\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 (400|502) /);
      assert.equal(service.received(), "");
    }),
);

attack(
  "a child asks for a connection without a credential: 502, never a bare request",
  () =>
    attempt(async ({ ask, service }) => {
      const answer = await ask(`${GET}Authorization: Bearer ${MANAGED}:gone\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 502 /);
      assert.equal(service.received(), "");
    }),
);

attack(
  "a child connects to the proxy through the proxy: refused",
  () =>
    attempt(async ({ proxy, askBare }) => {
      const self = `127.0.0.1:${proxy.port}`;
      const answer = await askBare(
        `CONNECT ${self} HTTP/1.1\r\nHost: ${self}\r\n${AUTHORIZED}\r\n`,
      );
      assert.match(answer, /^HTTP\/1\.1 (403|502) /);
    }),
);

attack("a child's redirected request does not take the credential along", () => {
  const moved = `HTTP/1.1 302 Found\r\nLocation: https://${ATTACKER_HOST}/\r\n` +
    "Content-Length: 0\r\n\r\n";
  return attempt(async ({ ask, attacker }) => {
    assert.match(await ask(`${GET}\r\n`), /^HTTP\/1\.1 302 /);
    assert.equal(attacker.received(), "", "the proxy follows nothing");
  }, {
    respond: async (wire) => {
      await wire.takeHead();
      await wire.send(moved);
    },
  });
});

attack(
  "a child names another host in :authority of one HTTP/2 stream: 421 for that stream",
  () =>
    attempt(async ({ proxy, service }) => {
      const client = new H2Peer(await proxy.connectTls(ROUTED_HOST, { alpn: ["h2"] }));
      await client.wire.send(CLIENT_PREFACE);
      await client.send({ type: FRAME.settings });
      const elsewhere = get("/").map(([name, value]) =>
        [name, name === ":authority" ? ATTACKER_HOST : value] as const
      );
      await client.sendHeaders(1, elsewhere);
      const { fields } = await client.receiveHeaders();
      assert.equal(fields.find(({ name }) => name === ":status")?.value, "421");
      assertAbsent([CANARY], client.wire.received() + service.received(), "any connection");
      client.wire.close();
    }, {
      alpn: ["h2"],
      respond: async (wire) => {
        await wire.send(
          formatFrame({ type: FRAME.settings, flags: 0, streamId: 0 }, new Uint8Array()),
        );
        await wire.takeRest();
      },
    }),
);

attack("a child has the service index the credential for a guess: never indexed", async () => {
  const relay = await startReadyRelay();
  await relay.client.sendHeaders(1, get("/", [["authorization", `Bearer ${MANAGED}`]]));
  const { fields } = await relay.upstream.receiveHeaders();
  const credential = fields.find(({ name }) => name === "authorization");
  assert.deepEqual(credential, {
    name: "authorization",
    value: `Bearer ${CANARY}`,
    neverIndexed: true,
  });
  await relay.close();
});
