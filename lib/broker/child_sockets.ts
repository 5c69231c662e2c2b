/**
 * Lets clients of the run's child in that cannot send the token, as Java cannot: the proxy asks
 * here whose socket is at the other end of a connection.
 *
 * Theory of operation: asking the system takes milliseconds and starts processes, and every local
 * process can make us do it. So one question is asked at a time, for all connections that have come
 * until then; the more there are, the cheaper each gets, and none waits for more than two answers.
 *
 * @module
 */

import type { ClientEnds } from "../proxy/proxy_token.ts";
import type { FindOwned, OwnerQuery } from "./socket_owners.ts";

interface Waiting extends ClientEnds {
  readonly answer: (isOurs: boolean) => void;
}

/** `undefined` on systems where the owner of a socket cannot be found out. */
export function createChildSockets(os = Deno.build.os): ChildSockets | undefined {
  return os === "linux" || os === "darwin" ? new ChildSockets(findOwned) : undefined;
}

async function findOwned(query: OwnerQuery): Promise<ReadonlySet<number>> {
  const { findOwnedOnLinux, findOwnedWithLsof } = await import("./socket_owners.ts");
  return await (Deno.build.os === "linux" ? findOwnedOnLinux : findOwnedWithLsof)(query);
}

/** The sockets of one run's child and its descendants. */
export class ChildSockets {
  readonly #find: FindOwned;
  #child: number | undefined;
  #waiting: Waiting[] = [];
  #isAsking = false;

  constructor(find: FindOwned) {
    this.#find = find;
  }

  /** The child was started; before, no socket is its. */
  belongTo(child: number): void {
    this.#child = child;
  }

  /** Whether the child or a descendant of it holds the client's end. Never rejects. */
  hold(ends: ClientEnds): Promise<boolean> {
    return new Promise((answer) => {
      this.#waiting.push({ ...ends, answer });
      if (!this.#isAsking) void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    while (this.#waiting.length > 0) {
      const asked = this.#waiting;
      this.#waiting = [];
      const owned = await this.#findOwned(asked);
      for (const { clientPort, answer } of asked) answer(owned.has(clientPort));
    }
    this.#isAsking = false;
  }

  /** What cannot be found out is not ours. */
  async #findOwned(asked: readonly Waiting[]): Promise<ReadonlySet<number>> {
    const [first] = asked;
    if (this.#child === undefined || first === undefined) return new Set();
    const clientPorts = new Set(asked.map(({ clientPort }) => clientPort));
    const query = { child: this.#child, proxyPort: first.proxyPort, clientPorts };
    return await this.#find(query).catch(() => new Set<number>());
  }
}
