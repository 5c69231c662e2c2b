import assert from "node:assert/strict";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { Authority } from "../../lib/ca/authority.ts";
import { runCommand } from "../support/command.ts";
import { testNeeding } from "../support/needs.ts";

const PERMITTED = ["api.example.com", "127.0.0.1", "::1"];

/** Serves one sentence over TLS with `host`'s certificate, and gives its port and root to `use`. */
async function withServer(
  host: string,
  use: (server: { readonly port: number; readonly rootFile: string }) => Promise<void>,
): Promise<void> {
  const authority = new Authority({ hosts: PERMITTED });
  const { certPem, keyPem } = authority.issueLeaf(host);
  const folder = Deno.makeTempDirSync();
  const rootFile = join(folder, "root.pem");
  Deno.writeTextFileSync(rootFile, authority.rootPem);
  const server = createServer({ cert: certPem, key: keyPem }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.resume();
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  });
  server.on("tlsClientError", () => {});
  try {
    await use({ port: await listen(server), rootFile });
  } finally {
    await new Promise((resolve) => server.close(resolve));
    Deno.removeSync(folder, { recursive: true });
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(address !== null && typeof address === "object" ? address.port : 0);
    });
  });
}

function curl(host: string, port: number, rootFile: string): readonly string[] {
  const connectTo = `::127.0.0.1:${port}`;
  const options = ["--silent", "--show-error", "--noproxy", "*", "--cacert", rootFile];
  return ["curl", ...options, "--connect-to", connectTo, `https://${host}:${port}/`];
}

for (const host of ["api.example.com", "sub.api.example.com", "127.0.0.1", "[::1]"]) {
  testNeeding("curl")(
    `curl accepts the certificate of ${host}`,
    () =>
      withServer(host, async ({ port, rootFile }) => {
        const result = await runCommand(curl(host, port, rootFile), { env: {} });
        assert.deepEqual(result, { code: 0, stdout: "hello", stderr: "" });
      }),
  );
}

for (const host of ["api.example.org", "example.com", "127.0.0.2", "[::2]"]) {
  testNeeding("curl")(
    `curl refuses a certificate for ${host}, which is outside the constraints`,
    () =>
      withServer(host, async ({ port, rootFile }) => {
        const result = await runCommand(curl(host, port, rootFile), { env: {} });
        assert.equal(result.code, 60);
        assert.match(result.stderr, /permitted subtree violation/);
      }),
  );
}

testNeeding("openssl")(
  "openssl s_client verifies the chain of leaf and intermediate",
  () =>
    withServer("api.example.com", async ({ port, rootFile }) => {
      const options = ["-CAfile", rootFile, "-verify_hostname", "api.example.com"];
      const strict = ["-x509_strict", "-verify_return_error", "-servername", "api.example.com"];
      const command = ["openssl", "s_client", "-connect", `127.0.0.1:${port}`];
      const { stdout } = await runCommand([...command, ...options, ...strict], { stdin: "" });
      assert.match(stdout, /Verify return code: 0 \(ok\)/);
      assert.match(stdout, / 0 s:CN = Authsome local proxy\n\s+i:CN = Authsome run authority/);
      assert.match(stdout, / 1 s:CN = Authsome run authority\n\s+i:CN = Authsome run root/);
      assert.doesNotMatch(stdout, / 2 s:/);
    }),
);

for (const host of ["api.example.com", "127.0.0.1", "api.example.org", "127.0.0.2"]) {
  const permitted = PERMITTED.includes(host);
  Deno.test(`Deno's own TLS ${permitted ? "accepts" : "refuses"} ${host}`, () =>
    withServer(host, async ({ port, rootFile }) => {
      const caCerts = [Deno.readTextFileSync(rootFile)];
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      const secure = await Deno.startTls(conn, { hostname: host, caCerts });
      try {
        if (permitted) await secure.handshake();
        else await assert.rejects(secure.handshake(), /invalid peer certificate.*NameConstraint/);
      } finally {
        secure.close();
      }
    }));
}
