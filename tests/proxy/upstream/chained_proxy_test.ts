import assert from "node:assert/strict";
import { AuthsomeError } from "../../../lib/errors.ts";
import { type HostAndPort, parseHostname } from "../../../lib/hostname.ts";
import { parseConnectTo, redirect } from "../../../lib/proxy/upstream/connect_to.ts";
import { createProxyChoice, type ProxySetting } from "../../../lib/proxy/upstream/chained_proxy.ts";

function target(text: string): HostAndPort {
  const match = /^(.*):(\d+)$/.exec(text)!;
  return { host: parseHostname(match[1]!), port: Number(match[2]) };
}

function setting(url: string): ProxySetting {
  return { variable: "HTTPS_PROXY", url };
}

const NO_PROXY: readonly [noProxy: string, host: string, direct: boolean][] = [
  ["", "api.example.com:443", false],
  ["*", "api.example.com:443", true],
  ["example.com", "api.example.com:443", true],
  ["example.com", "example.com:443", true],
  ["example.com", "notexample.com:443", false],
  [".example.com", "api.example.com:443", true],
  ["*.example.com", "api.example.com:443", true],
  ["EXAMPLE.com", "api.example.com:443", true],
  ["a.b, example.com ,c.d", "api.example.com:443", true],
  ["a.b example.com", "api.example.com:443", true],
  ["example.com:8443", "api.example.com:8443", true],
  ["example.com:8443", "api.example.com:443", false],
  ["10.0.0.0/8", "10.1.2.3:443", true],
  ["10.0.0.0/8", "11.1.2.3:443", false],
  ["10.0.0.0/8", "api.example.com:443", false],
  ["10.0.0.0/33", "10.1.2.3:443", false],
  ["10.0.0/8", "10.0.0.1:443", false],
  ["a:b:c", "a:443", false],
  ["10.1.2.3", "10.1.2.3:443", true],
  ["1.2.3", "10.1.2.3:443", false],
  ["[fd00::1]", "[fd00::1]:443", true],
  ["", "127.0.0.1:443", true],
  ["", "localhost:443", true],
];

for (const [noProxy, host, direct] of NO_PROXY) {
  Deno.test(`NO_PROXY=${noProxy} reaches ${host} ${direct ? "directly" : "by proxy"}`, () => {
    const choose = createProxyChoice({ httpsProxy: setting("http://proxy:3128"), noProxy });
    assert.equal(choose(target(host), "https") === undefined, direct);
  });
}

Deno.test("each scheme has its own proxy, with user info decoded", () => {
  const choose = createProxyChoice({
    httpsProxy: setting("https://us%40er:p%3Aw@secure.example:8443"),
    httpProxy: setting("plain.example:3128"),
  });
  const https = choose(target("a.example:443"), "https");
  assert.deepEqual(https?.address, { host: "secure.example", port: 8443 });
  assert.equal(https?.tls, true);
  assert.equal(https?.authorization?.reveal(), `Basic ${btoa("us@er:p:w")}`);
  const http = choose(target("a.example:80"), "http");
  assert.deepEqual(http?.address, { host: "plain.example", port: 3128 });
  assert.equal(http?.tls, false);
  assert.equal(http?.authorization, undefined);
});

Deno.test("user info that is not percent-encoded is sent as it is", () => {
  const choose = createProxyChoice({ httpsProxy: setting("http://user:100%@proxy.example") });
  const authorization = choose(target("a.example:443"), "https")?.authorization;
  assert.equal(authorization?.reveal(), `Basic ${btoa("user:100%")}`);
});

Deno.test("a proxy without a port has the one of its scheme", () => {
  const choose = createProxyChoice({ httpsProxy: setting("http://proxy.example") });
  assert.equal(choose(target("a.example:443"), "https")?.address.port, 80);
});

Deno.test("a proxy that is none is refused by its variable, without naming its password", () => {
  for (
    const url of ["socks5://u:hunter2@p:1", "http://u:hunter2@", "http://u:hunter2@a b"]
  ) {
    assert.throws(
      () => createProxyChoice({ httpsProxy: { variable: "all_proxy", url } }),
      (error) => {
        assert.ok(error instanceof AuthsomeError);
        assert.equal(error.code, "usage");
        assert.match(error.message, /^all_proxy is not an http or https proxy/);
        assert.match(error.hint, /unset all_proxy$/);
        assert.doesNotMatch(error.message + error.hint, /hunter2/);
        return true;
      },
    );
  }
});

const REDIRECTIONS: readonly [rule: string, from: string, to: string][] = [
  ["a.b:443:127.0.0.1:8443", "a.b:443", "127.0.0.1:8443"],
  ["A.B:443:127.0.0.1:8443", "a.b:443", "127.0.0.1:8443"],
  ["a.b:443:127.0.0.1:8443", "a.b:444", "a.b:444"],
  ["a.b:443:127.0.0.1:8443", "x.a.b:443", "x.a.b:443"],
  ["::127.0.0.1:8443", "c.d:1", "127.0.0.1:8443"],
  ["a.b:::8443", "a.b:443", "a.b:8443"],
  ["a.b::c.d:", "a.b:443", "c.d:443"],
  ["[::1]:443:[::2]:444", "[::1]:443", "[::2]:444"],
];

for (const [rule, from, to] of REDIRECTIONS) {
  Deno.test(`--connect-to ${rule} sends ${from} to ${to}`, () => {
    assert.deepEqual(redirect(target(from), [parseConnectTo(rule)]), target(to));
  });
}

Deno.test("parseConnectTo() refuses anything but four parts", () => {
  for (const text of ["", "a:1", "a:1:b", "a:1:b:2:3", "a:x:b:1", "a:0:b:1", "::1:443:b:1"]) {
    assert.throws(() => parseConnectTo(text), AuthsomeError, text);
  }
});
