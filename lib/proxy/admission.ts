/**
 * Who is connected: clients that have shown the run's token, and strangers that have not yet.
 *
 * Theory of operation: every local process can connect, and must not be able to keep the child out
 * by doing so. Strangers therefore have a limit of their own, well below the one for all, and where
 * it is reached the oldest one makes room for the newest, as a client shows its token at once and an
 * idle neighbour never does. A burst of a client's own is not taken for neighbours: strangers that
 * have just come make room only when nothing else is left.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { ProxyLimits } from "./limits.ts";

/** How long a stranger beyond the limit is safe from newer ones, in milliseconds. */
const PATIENCE_MS = 1_000;

/** The client connections of one proxy. */
export class Admission {
  readonly #limits: Pick<ProxyLimits, "connections" | "strangers">;
  readonly #now: () => number;
  readonly #destroy: (socket: Socket) => void;
  readonly #clients = new Set<Socket>();
  /** Oldest first, with the time they came at. */
  readonly #strangers = new Map<Socket, number>();

  /** `now` gives milliseconds; `destroy` ends a connection at once. */
  constructor(
    limits: Pick<ProxyLimits, "connections" | "strangers">,
    { now, destroy }: { readonly now: () => number; readonly destroy: (socket: Socket) => void },
  ) {
    this.#limits = limits;
    this.#now = now;
    this.#destroy = destroy;
  }

  /** Counts a connection until it closes. `false`: there is no room for it. */
  enter(socket: Socket): boolean {
    this.#makeRoom();
    if (this.#clients.size >= this.#limits.connections) return false;
    this.#clients.add(socket);
    this.#strangers.set(socket, this.#now());
    socket.on("close", () => this.#forget(socket));
    return true;
  }

  /** This one has shown the token. */
  admit(socket: Socket): void {
    this.#strangers.delete(socket);
  }

  /** Ends every connection at once. */
  close(): void {
    for (const socket of this.#clients) this.#destroy(socket);
  }

  #makeRoom(): void {
    const { connections, strangers } = this.#limits;
    const latest = this.#now() - PATIENCE_MS;
    for (const [socket, since] of this.#strangers) {
      if (this.#strangers.size < strangers) return;
      if (since > latest && this.#clients.size < connections) return;
      this.#forget(socket);
      socket.destroy();
    }
  }

  #forget(socket: Socket): void {
    this.#clients.delete(socket);
    this.#strangers.delete(socket);
  }
}
