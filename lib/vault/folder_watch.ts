/**
 * Waiting for changes in a folder.
 *
 * @module
 */

/**
 * Ticks once at the beginning and then after every change of a file in the folder, until `signal`
 * aborts. Nothing that changes after the first tick goes without one. The folder must exist.
 */
export async function* watchFolder(path: string, signal: AbortSignal): AsyncGenerator<void, void> {
  if (signal.aborted) return;
  const watcher = Deno.watchFs(path, { recursive: false });
  const stop = (): void => watcher.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    yield;
    for await (const { kind } of watcher) {
      // Reading, by anybody, is reported as access.
      if (kind !== "access") yield;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    if (!signal.aborted) stop();
  }
}
