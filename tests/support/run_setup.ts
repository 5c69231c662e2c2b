/**
 * What `run` prepares for a child, around a stand-in for the proxy: for tests of real clients.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { finishClientFiles, writeClientFiles } from "../../lib/broker/client_files.ts";
import { openRunFolder } from "../../lib/broker/run_folder.ts";
import { Authority } from "../../lib/ca/authority.ts";
import { createChildEnvironment } from "../../lib/ca/child_environment.ts";
import { parseHostname } from "../../lib/hostname.ts";
import { type InterceptingProxy, startInterceptingProxy } from "./intercepting_proxy.ts";

/** The host that the authority of {@link withRunSetup} may sign for. */
export const ROUTED_HOST = "api.example.com";

/** A host that it may not sign for. */
export const OTHER_HOST = "api.example.org";

/** A prepared run. */
export interface RunSetup {
  /** For the child. */
  readonly env: Readonly<Record<string, string>>;
  readonly proxy: InterceptingProxy;
  /** Empty; removed afterwards. */
  readonly folder: string;
}

/** How to prepare it. */
export interface RunSetupOptions {
  /** The parent's environment; default: the test's own. */
  readonly parent?: Readonly<Record<string, string>>;
  /** Whether the proxy lets clients in that cannot send the token. */
  readonly tokenless?: boolean;
  /** Whether old Node versions get the preload; default: yes. */
  readonly nodePreload?: boolean;
}

/** Prepares a run, gives it to `use`, and takes everything away again. */
export async function withRunSetup(
  use: (setup: RunSetup) => Promise<void>,
  options: RunSetupOptions = {},
): Promise<void> {
  const parent = options.parent ?? Deno.env.toObject();
  const folder = Deno.makeTempDirSync();
  const authority = new Authority({ hosts: [ROUTED_HOST] });
  const proxy = startInterceptingProxy(authority, options);
  const runFolder = openRunFolder(join(folder, "run"), "test");
  const work = join(folder, "work");
  Deno.mkdirSync(work);
  try {
    const wish = {
      env: parent,
      rootPem: authority.rootPem,
      java: options.tokenless === true,
      nodePreload: options.nodePreload ?? true,
    };
    const files = await writeClientFiles(runFolder, wish);
    assert.deepEqual(await finishClientFiles(runFolder, { ...wish, files }), []);
    const env = createChildEnvironment({
      parent,
      proxyUrl: proxy.url,
      files,
      placeholders: {},
      routedHosts: [parseHostname(ROUTED_HOST)],
    });
    await use({ env, proxy, folder: work });
  } finally {
    runFolder.close();
    await proxy.close();
    Deno.removeSync(folder, { recursive: true });
  }
}
