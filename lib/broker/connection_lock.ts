/**
 * The lock of one connection, held by whoever refreshes it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ConnectionRecord } from "../connection.ts";
import { fileError } from "../vault/file_error.ts";
import { createPrivateFolder } from "../vault/private_file.ts";
import type { Broker } from "./broker.ts";

/**
 * Waits for the lock and takes it. The system lets go of it if this process dies.
 *
 * @throws {AuthsomeError} `vault_unavailable` if the lock's file cannot be made.
 */
export async function lockConnection(
  broker: Broker,
  { profile, provider, connection_name: name }: ConnectionRecord,
): Promise<Disposable> {
  const folder = broker.home.lockFolder;
  const digest = createHash("sha256").update(`${profile}\0${provider}\0${name}`).digest("hex");
  const path = join(folder, digest.slice(0, 32));
  try {
    createPrivateFolder(folder);
    const file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
    await file.lock(true);
    return { [Symbol.dispose]: () => file.close() };
  } catch (error) {
    throw fileError(path, error, "cannot be locked");
  }
}
