import assert from "node:assert/strict";
import { join } from "node:path";
import { findProgram } from "../../support/command.ts";
import { testNeeding } from "../../support/needs.ts";
import {
  buildGoPeers,
  bundlePeer,
  compareClient,
  MASKED,
  withPeerFolder,
} from "../../support/peers.ts";
import { CANARY, ROUTED_HOST } from "../../support/proxy.ts";

const HAS_NODE = findProgram("node") !== undefined;

testNeeding("node")(
  "Node's http2 sees the same through the proxy as directly",
  (t) =>
    withPeerFolder(async (folder) => {
      const file = (name: string): string => join(folder, name);
      const server = await bundlePeer("node_server.ts", folder);
      const client = await bundlePeer("node_client.ts", folder);
      const { direct, proxied } = await compareClient({
        folder,
        server: ["node", server, file("cert.pem"), file("key.pem")],
        client: ({ address = "", proxy }) => ({
          command: ["node", client, address, file("ca.pem"), ...(proxy ? [proxy] : [])],
        }),
      });
      await compareProbes(t, direct, proxied);
    }),
);

testNeeding("go")(
  "Go's net/http sees the same through the proxy as directly",
  (t) =>
    withPeerFolder(async (folder) => {
      const file = (name: string): string => join(folder, name);
      const { peers: program } = await buildGoPeers();
      const { direct, proxied } = await compareClient({
        folder,
        server: [program, "http-serve", file("cert.pem"), file("key.pem")],
        client: ({ address = "", proxy = "" }) => ({
          command: [program, "http-call", `https://${ROUTED_HOST}`, address, file("ca.pem")],
          env: { HTTPS_PROXY: proxy },
        }),
        redact: false, // a request whose answer is searched asks for no compression
      });
      await compareProbes(t, direct, proxied);
    }),
);

testNeeding("go")(
  "gRPC clients make every kind of call through the proxy",
  (t) =>
    withPeerFolder(async (folder) => {
      const file = (name: string): string => join(folder, name);
      const { peers: program } = await buildGoPeers();
      const server = [program, "grpc-serve", file("cert.pem"), file("key.pem")];
      await t.step("grpc-go", async (t) => {
        const { direct, proxied } = await compareClient({
          folder,
          server,
          client: ({ address, proxy = "" }) => ({
            command: [program, "grpc-call", grpcTarget(address, "passthrough"), file("ca.pem")],
            env: { HTTPS_PROXY: proxy },
          }),
        });
        await compareProbes(t, direct, proxied);
      });
      for (const runtime of HAS_NODE ? ["node", "deno"] : ["deno"]) {
        await t.step(`grpc-js on ${runtime}`, async (t) => {
          const script = await bundlePeer("grpc_client.ts", folder);
          const run = runtime === "node" ? ["node"] : [Deno.execPath(), "run", "--quiet", ...ALLOW];
          const { direct, proxied } = await compareClient({
            folder,
            server,
            client: ({ address, proxy = "" }) => ({
              command: [...run, script, grpcTarget(address, "dns"), file("ca.pem")],
              env: { https_proxy: proxy },
            }),
          });
          await compareProbes(t, direct, proxied);
        });
      }
    }),
);

const ALLOW = ["--no-config", "--allow-net", "--allow-read", "--allow-env", "--allow-sys"];

function grpcTarget(address: string | undefined, scheme: string): string {
  if (address === undefined) return `${ROUTED_HOST}:443`;
  return scheme === "dns" ? `dns:${address}` : `passthrough:///${address}`;
}

async function compareProbes(
  t: Deno.TestContext,
  direct: unknown,
  proxied: unknown,
): Promise<void> {
  const [expected, actual] = [direct, proxied] as Record<string, unknown>[];
  const isSeen = [CANARY, MASKED].some((text) => JSON.stringify(expected).includes(text));
  assert.ok(isSeen, "the server has seen no credential");
  for (const name of Object.keys(expected ?? {})) {
    await t.step(name, () => assert.deepEqual(actual?.[name], expected?.[name]));
  }
}
