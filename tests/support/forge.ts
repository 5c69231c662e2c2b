/**
 * A host on loopback that has what a developer's tools fetch: a git repository (the "dumb" protocol,
 * which is files) and a package registry with one package.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { runCommand } from "./command.ts";

/** A running host. */
export interface Forge {
  readonly port: number;
  /** Removes its files, too. */
  close(): Promise<void>;
}

/**
 * Starts it. At `http://HOST/repository.git` is a commit with a file `README`, at `http://HOST/npm/`
 * a registry whose package `tiny` exports the word `tiny`.
 */
export async function startForge(): Promise<Forge> {
  const folder = Deno.makeTempDirSync({ prefix: "authsome-forge-" });
  await must(MAKE_FILES, folder);
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname, host } = new URL(request.url);
    return pathname === "/npm/tiny"
      ? Response.json(describeTiny(folder, host))
      : file(folder, pathname);
  });
  return {
    port: server.addr.port,
    close: async () => {
      await server.shutdown();
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

const MAKE_FILES = `set -e
mkdir work npm package
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
git init -q work
echo hello > work/README
git -C work add README
git -C work commit -q -m first
git clone -q --bare work repository.git
git -C repository.git update-server-info
echo 'module.exports = "tiny";' > package/index.js
echo '{"name":"tiny","version":"1.0.0"}' > package/package.json
tar -czf npm/tiny-1.0.0.tgz package`;

async function must(script: string, cwd: string): Promise<void> {
  const { code, stderr } = await runCommand(["sh", "-c", script], { cwd });
  if (code !== 0) throw new Error(stderr);
}

function describeTiny(folder: string, host: string): unknown {
  const bytes = Deno.readFileSync(join(folder, "npm", "tiny-1.0.0.tgz"));
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const tarball = `http://${host}/npm/tiny-1.0.0.tgz`;
  return {
    name: "tiny",
    "dist-tags": { latest: "1.0.0" },
    versions: { "1.0.0": { name: "tiny", version: "1.0.0", dist: { tarball, integrity } } },
  };
}

function file(folder: string, path: string): Response {
  try {
    return new Response(Deno.readFileSync(join(folder, path)));
  } catch {
    return new Response(null, { status: 404 });
  }
}
