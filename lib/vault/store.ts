/**
 * The store: records as JSON text under their keys, in one SQLite file shared by any number of
 * authsome processes. It knows nothing of what the records mean and needs no key.
 *
 * Theory of operation: WAL lets readers go on while one process writes; synchronous=FULL makes a
 * committed write survive a power cut; every change is one `BEGIN IMMEDIATE` transaction, so what it
 * read is still true when it writes. A new file is finished under another name and then moved into
 * place while a lock file is held: nobody ever opens half a vault, and a vault is never made over
 * an existing one.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { AuthsomeError } from "../errors.ts";
import { fileError } from "./file_error.ts";
import { newerFormat, STORE_FORMAT } from "./home.ts";
import {
  checkPrivateFile,
  PRIVATE_FILE_MODE,
  publish,
  removeQuietly,
  temporaryPath,
} from "./private_file.ts";
import { BUSY_TIMEOUT, damaged, isDamage, translate } from "./store_error.ts";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE records (key TEXT PRIMARY KEY, value TEXT NOT NULL)
    STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${STORE_FORMAT};
`;

/** One stored record. */
export interface Entry {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
}

/** What can be read, inside and outside a change. */
export interface Reader {
  /** The text stored under `key`. */
  get(key: string): string | undefined;
  /** Every entry whose key begins with `prefix`, in order of key. */
  entries(prefix: string): Entry[];
}

/** One change in progress; valid only until its callback returns. */
export interface Change extends Reader {
  put(key: string, value: string): void;
  delete(key: string): void;
}

/** An open store. Every method throws `vault_unavailable` if the file is damaged or unreachable. */
export class Store implements Reader {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #dataVersion: StatementSync;
  #changes = 0;

  private constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
    this.#get = database.prepare("SELECT value FROM records WHERE key = ?");
    this.#dataVersion = database.prepare("PRAGMA data_version");
  }

  /**
   * Opens an existing store.
   *
   * @returns `undefined` if there is no file.
   * @throws {AuthsomeError} `vault_unavailable` if it is not safely ours, damaged, or newer.
   */
  static open(path: string): Store | undefined {
    const info = checkPrivateFile(path);
    if (info === undefined) return undefined;
    if (info.size === 0) throw damaged(path);
    return translate(path, () => {
      const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT });
      try {
        checkFormat(path, database);
        // Replaced envelopes and keys are overwritten, not just forgotten.
        execute(database, "PRAGMA synchronous = FULL");
        execute(database, "PRAGMA secure_delete = ON");
        return new Store(path, database);
      } catch (error) {
        database.close();
        throw error;
      }
    });
  }

  /** Opens the store, making it first if there is none. The folder must exist. */
  static openOrCreate(path: string): Store {
    const found = Store.open(path);
    if (found !== undefined) return found;
    createOnce(path);
    const made = Store.open(path);
    if (made === undefined) throw damaged(path);
    return made;
  }

  /**
   * The same, but a file that is damaged is moved aside with its log first, to a name beside it.
   * For one who is about to put everything in its place.
   */
  static openOrRebuild(path: string): Store {
    try {
      const found = Store.open(path);
      if (found === undefined || found.findDamage().length === 0) {
        return found ?? Store.openOrCreate(path);
      }
      found.close();
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
    moveAside(path);
    return Store.openOrCreate(path);
  }

  /** The text stored under `key`. */
  get(key: string): string | undefined {
    return translate(this.#path, () => textOf(this.#get.get(key)?.value));
  }

  /** Every entry whose key begins with `prefix`, in order of key. */
  entries(prefix: string): Entry[] {
    const sql = "SELECT key, value FROM records WHERE key >= ? AND key < ? ORDER BY key";
    return translate(this.#path, () => {
      const rows = this.#database.prepare(sql).all(prefix, `${prefix}\u{10FFFF}`);
      return rows.map((row) => ({ key: textOf(row.key) ?? "", value: textOf(row.value) ?? "" }));
    });
  }

  /** Runs one change: all of it is stored, durably, when this returns; none of it if it throws. */
  change<T>(make: (change: Change) => T): T {
    return translate(this.#path, () => {
      execute(this.#database, "BEGIN IMMEDIATE");
      try {
        const result = make({
          get: (key) => this.get(key),
          entries: (prefix) => this.entries(prefix),
          put: (key, value) => this.#put(key, value),
          delete: (key) =>
            void this.#database.prepare("DELETE FROM records WHERE key = ?").run(key),
        });
        execute(this.#database, "COMMIT");
        this.#changes += 1;
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  /** A number that differs from every earlier one once any process has changed anything. Cheap. */
  dataVersion(): number {
    // SQLite counts the others' commits, not our own.
    const others = translate(this.#path, () => this.#dataVersion.get()?.data_version);
    return Number(others) + this.#changes;
  }

  /** What SQLite finds wrong with the file; empty if it is whole. Reads all of it. */
  findDamage(): string[] {
    try {
      const rows = this.#database.prepare("PRAGMA integrity_check").all();
      return rows.map((row) => String(row.integrity_check)).filter((text) => text !== "ok");
    } catch (error) {
      // Damage that keeps the check itself from finishing.
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  /** Moves everything from the log into the file, and empties the log if nobody is reading. */
  truncateLog(): void {
    translate(this.#path, () => execute(this.#database, "PRAGMA wal_checkpoint(TRUNCATE)"));
  }

  /** Closes the file. */
  close(): void {
    this.#database.close();
  }

  #put(key: string, value: string): void {
    const sql = "INSERT INTO records (key, value) VALUES (?, ?) " +
      "ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    this.#database.prepare(sql).run(key, value);
  }
}

/** Writes an empty store into a new file; private from the start. */
function buildStore(path: string): void {
  Deno.openSync(path, { write: true, createNew: true, mode: PRIVATE_FILE_MODE }).close();
  const database = new DatabaseSync(path);
  try {
    database.exec(SCHEMA);
  } finally {
    database.close();
  }
}

/** Makes the file unless another process does so first. The system frees the lock of a dead one. */
function createOnce(path: string): void {
  const lockPath = `${path}.lock`;
  checkPrivateFile(lockPath);
  const temporary = temporaryPath(path);
  try {
    using lock = Deno.openSync(lockPath, { write: true, create: true, mode: PRIVATE_FILE_MODE });
    lock.lockSync(true);
    if (checkPrivateFile(path) !== undefined) return;
    refuseOrphanedLog(path);
    buildStore(temporary);
    publish(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw fileError(path, error, "cannot be made");
  }
}

/** SQLite would replay the log of a lost database into the new one. */
function refuseOrphanedLog(path: string): void {
  const log = `${path}-wal`;
  if ((checkPrivateFile(log)?.size ?? 0) === 0) return;
  const message = `${path} is missing, but changes that belong to it are in ${log}.`;
  throw new AuthsomeError("vault_unavailable", message, {
    hint: `Put the vault back, or give it up: mv '${log}' '${log}.old'`,
  });
}

function checkFormat(path: string, database: DatabaseSync): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
  if (version > STORE_FORMAT) throw newerFormat(path, version);
  if (version !== STORE_FORMAT) throw damaged(path);
}

/** Runs one statement. `exec` would lose the result code of an error. */
function execute(database: DatabaseSync, sql: string): void {
  database.prepare(sql).run();
}

/** The log first: SQLite would replay it into whatever comes to stand in the file's place. */
function moveAside(path: string): void {
  const aside = `${path}.damaged-${crypto.getRandomValues(new Uint8Array(4)).toHex()}`;
  for (const suffix of ["-wal", "-shm", ""]) {
    try {
      Deno.renameSync(`${path}${suffix}`, `${aside}${suffix}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw fileError(path, error, "is in the way");
    }
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
