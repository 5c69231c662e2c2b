/**
 * Records in memory, for looking into a backup as if it were a vault.
 *
 * @module
 */

import type { LockedStore } from "./key_ring.ts";
import type { Change, Entry } from "./store.ts";

/** Holds records; nothing of it outlives the program. */
export class MemoryStore implements LockedStore {
  readonly #records: Map<string, string>;

  constructor(entries: readonly Entry[]) {
    this.#records = new Map(entries.map(({ key, value }) => [key, value]));
  }

  /** The text stored under `key`. */
  get(key: string): string | undefined {
    return this.#records.get(key);
  }

  /** Every entry whose key begins with `prefix`, in order of key. */
  entries(prefix: string): Entry[] {
    return [...this.#records].filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => ({ key, value }))
      .sort((a, b) => a.key < b.key ? -1 : 1);
  }

  /** Runs one change. */
  change<T>(make: (change: Change) => T): T {
    return make({
      get: (key) => this.get(key),
      entries: (prefix) => this.entries(prefix),
      put: (key, value) => void this.#records.set(key, value),
      delete: (key) => void this.#records.delete(key),
    });
  }
}
