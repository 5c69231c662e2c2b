import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { testNeeding } from "../support/needs.ts";
import { buildGoPeers, bundlePeer, compareClient, withPeerFolder } from "../support/peers.ts";
import { CANARY } from "../support/proxy.ts";

/** Up to 16 MiB, as Autobahn has it, if AUTHSOME_LARGE_MESSAGES is set; that takes a minute. */
const SIZES = Deno.env.get("AUTHSOME_LARGE_MESSAGES") === undefined
  ? "65536,1048576"
  : "65536,262144,1048576,4194304,8388608,16777216";

/** What the client saw of one case. */
interface Play {
  readonly agreement: unknown;
  readonly frames: readonly string[];
  readonly end: string;
}

type Plays = Readonly<Record<string, Play>>;

interface Peer {
  readonly name: string;
  readonly protocol: "h1" | "h2";
  /** Categories of cases that it has no part in. */
  readonly without: string;
  readonly server: (folder: string) => Promise<readonly string[]>;
}

const ws = async (folder: string): Promise<readonly string[]> => [
  "node",
  await bundlePeer("websocket_server.ts", folder),
];
const gorilla = async (): Promise<readonly string[]> => [
  (await buildGoPeers()).peers,
  "http-serve",
];

const SERVERS: readonly Peer[] = [
  { name: "ws over HTTP/1.1", protocol: "h1", without: "", server: ws },
  { name: "ws over HTTP/2", protocol: "h2", without: "6,12,13", server: ws },
  { name: "gorilla/websocket over HTTP/1.1", protocol: "h1", without: "3,4,6", server: gorilla },
];

for (const { name, protocol, without, server } of SERVERS) {
  testNeeding("node", ...(server === gorilla ? ["go"] : []))(
    `every WebSocket case gives the same through the proxy as directly: ${name}`,
    () =>
      withPeerFolder(async (folder) => {
        const file = (name: string): string => join(folder, name);
        const client = await bundlePeer("websocket_client.ts", folder);
        const { direct, proxied } = await compareClient({
          folder,
          server: [...await server(folder), file("cert.pem"), file("key.pem")],
          client: ({ address = "", proxy }) => ({
            command: [
              ...["node", client, address, file("ca.pem"), protocol, without, SIZES],
              ...(proxy === undefined ? [] : [proxy]),
            ],
          }),
        });
        checkVariety(direct as Plays);
        for (const [name, play] of Object.entries(direct as Plays)) {
          assert.deepEqual((proxied as Plays)[name], play, name);
        }
      }),
  );
}

/** The server alone answers as it should: else both could be equal and wrong. */
function checkVariety(plays: Plays): void {
  const all = Object.values(plays);
  const credential = createHash("sha256").update(`Bearer ${CANARY}`).digest("hex");
  const agreed = all.filter(({ agreement }) => JSON.stringify(agreement).includes(credential));
  assert.ok(agreed.length > all.length - 10, "the server has not seen the credential");
  assert.deepEqual(Object.keys(plays).filter((name) => plays[name]?.end !== "ended"), []);
  const codes = all.map(({ frames }) => /^88.. (....)/.exec(frames.at(-1) ?? "")?.[1]);
  const counts = ["03e8", "03ea"].map((code) => codes.filter((one) => one === code).length);
  assert.ok(counts.every((count) => count >= 30), `${counts} ended with 1000 and 1002`);
}
