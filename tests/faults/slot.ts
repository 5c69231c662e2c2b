/**
 * A place for one process: started, listened to, killed at a random moment of an operation, and
 * started again.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Random } from "../support/random.ts";

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../deno.json", import.meta.url));
const PERMISSIONS = ["read", "write", "net", "env", "sys"].map((name) => `--allow-${name}`);

/** Each life numbers its operations from a multiple of this. */
const LIFE = 1_000_000;

/** What a slot is for. */
export interface SlotOptions {
  readonly home: string;
  readonly role: "writer" | "restorer" | "logger";
  readonly slot: number;
  readonly random: Random;
  /** For files of its own, and backups. */
  readonly folder: string;
}

/** Something an operation said. */
export interface Acknowledged {
  readonly operation: string;
  readonly detail: string;
}

/** One place. */
export class Slot {
  readonly options: SlotOptions;
  /** In order, of all lives. What a kill cut short stands there as `killed <operation>`. */
  readonly acknowledged: Acknowledged[] = [];
  /** The operation under way, and its number. */
  begun: Acknowledged | undefined;
  readonly #durations = new Map<string, number>();
  #begunAt = 0;
  #life = 0;
  #child: Deno.ChildProcess | undefined;
  #lines: Promise<void> = Promise.resolve();
  #waiting: ((operation: string) => void) | undefined;
  /** Why a process ended without being killed. */
  failure: string | undefined;

  constructor(options: SlotOptions) {
    this.options = options;
  }

  /** Starts the process. */
  start(): void {
    const { home, role, slot, random, folder } = this.options;
    const numbers = [String(slot), String(this.#life++ * LIFE), String(random.below(2 ** 31))];
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "--frozen", "--config", CONFIG, ...PERMISSIONS],
        ...[WORKER, home, role, ...numbers, folder],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = this.#listen(this.#child);
  }

  /** Waits for the next operation and kills the process at a random moment of it. */
  async killSometime(): Promise<string> {
    const operation = await new Promise<string>((resolve) => this.#waiting = resolve);
    const usual = this.#durations.get(operation) ?? 20;
    await pass(this.options.random.below(Math.ceil(usual * 1200)) / 1000);
    await this.kill();
    return operation;
  }

  /** Kills the process and reads what it had said. */
  async kill(): Promise<void> {
    try {
      this.#child?.kill("SIGKILL");
    } catch {
      // It has ended by itself: `failure` says why.
    }
    await this.#lines;
    this.#child = undefined;
    if (this.begun === undefined) return;
    const { operation, detail } = this.begun;
    this.acknowledged.push({ operation: `killed ${operation}`, detail });
    this.begun = undefined;
  }

  async #listen(child: Deno.ChildProcess): Promise<void> {
    let rest = "";
    const errors = new Response(child.stderr).text();
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    }
    const { signal } = await child.status;
    if (signal !== "SIGKILL") this.failure = await errors;
    else await errors;
    this.#waiting?.("nothing");
  }

  #take(line: string): void {
    const [verb, operation = "", detail = ""] = line.split(" ");
    if (verb === "begin") {
      this.begun = { operation, detail };
      this.#begunAt = performance.now();
      this.#waiting?.(operation);
      this.#waiting = undefined;
      return;
    }
    if (this.begun !== undefined) {
      this.#durations.set(this.begun.operation, performance.now() - this.#begunAt);
    }
    this.begun = undefined;
    this.acknowledged.push({ operation, detail });
  }
}

/** Lets some milliseconds pass, fractions too, while other tasks go on. */
async function pass(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
}
