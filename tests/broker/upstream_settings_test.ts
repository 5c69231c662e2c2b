import assert from "node:assert/strict";
import { readUpstreamSettings } from "../../lib/broker/upstream_settings.ts";

const URL = "http://proxy.example:3128";

const CASES: readonly (readonly [env: Record<string, string>, ...names: (string | undefined)[]])[] =
  [
    [{}, undefined, undefined],
    [{ ALL_PROXY: URL }, "ALL_PROXY", "ALL_PROXY"],
    [{ all_proxy: URL, HTTPS_PROXY: URL }, "all_proxy", "HTTPS_PROXY"],
    [{ http_proxy: URL, HTTP_PROXY: "" }, "http_proxy", undefined],
    [{ http_proxy: "", HTTP_PROXY: URL, https_proxy: URL }, "HTTP_PROXY", "https_proxy"],
  ];

for (const [env, http, https] of CASES) {
  Deno.test(`readUpstreamSettings() knows by which variables it goes: ${JSON.stringify(env)}`, () => {
    const { upstreamProxy } = readUpstreamSettings(env, { connectTo: [], upstreamCa: [] });
    assert.equal(upstreamProxy.httpProxy?.variable, http);
    assert.equal(upstreamProxy.httpsProxy?.variable, https);
  });
}
