import assert from "node:assert/strict";
import { attack, attempt } from "../support/attacks.ts";
import { AUTHORIZED, ROUTED_HOST, TOKEN } from "../support/proxy.ts";

const CONNECT = `CONNECT ${ROUTED_HOST}:443 HTTP/1.1\r\nHost: ${ROUTED_HOST}:443\r\n`;

function authorization(pair: string): string {
  return `Proxy-Authorization: Basic ${btoa(pair)}\r\n`;
}

/** What another process of the same user sends to the port it has found. */
const STRANGERS: readonly [name: string, fields: string][] = [
  ["without the run's token", ""],
  ["with a guessed token", authorization("authsome:0123456789")],
  ["with all but the last letter of the token", authorization(`authsome:${TOKEN.slice(0, -1)}`)],
  ["with the token in another letter case", authorization(`authsome:${TOKEN.toUpperCase()}`)],
  ["with the token under another name", authorization(`root:${TOKEN}`)],
  ["with the token in Authorization", AUTHORIZED.replace("Proxy-", "")],
  ["with the token and a wrong one", `${authorization("authsome:x")}${AUTHORIZED}`],
];

for (const [name, fields] of STRANGERS) {
  attack(
    `a neighbour asks for a tunnel ${name}: refused`,
    () =>
      attempt(async ({ askBare, service }) => {
        assert.match(await askBare(`${CONNECT}${fields}\r\n`), /^HTTP\/1\.1 40[07] /);
        assert.equal(service.wires.length, 0);
      }),
  );
}

attack(
  "a neighbour talks to the port as if it were the service: 407",
  () =>
    attempt(async ({ askBare, service }) => {
      const request = `GET /v1/models HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`;
      assert.match(await askBare(request), /^HTTP\/1\.1 407 /);
      assert.equal(service.wires.length, 0);
    }),
);

attack(
  "a neighbour takes every connection of the proxy: the child still gets in",
  () =>
    attempt(async ({ proxy, ask }) => {
      const crowd = await Promise.all(Array.from({ length: 6 }, () => proxy.open()));
      assert.match(await ask(`GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n\r\n`), /^HTTP\/1\.1 200 /);
      crowd.forEach((wire) => wire.close());
    }, { proxy: { limits: { connections: 4, strangers: 2 } } }),
);
