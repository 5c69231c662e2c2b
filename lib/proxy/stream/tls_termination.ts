/**
 * Ends the client's TLS in this process, on the very socket that CONNECT came on.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import type { Hostname } from "../../hostname.ts";

/** A host's certificate chain and key, both PEM. */
export interface LeafPems {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Hosts whose contexts are kept: a child may ask for any number of names below a wildcard. */
const MAX_CONTEXTS = 256;
/** One for all connections, as most end after their handshake, when nobody asks for it. */
const BROKEN_OFF = new Error("The connection was closed during the handshake.");

/** Terminates TLS with certificates made on demand. One for a run. */
export class TlsTerminator {
  readonly #issueLeaf: (host: Hostname) => LeafPems;
  readonly #contexts = new Map<Hostname, SecureContext>();
  readonly #secured = new WeakMap<Socket, TLSSocket>();
  #tls: typeof import("node:tls") | undefined;

  constructor(issueLeaf: (host: Hostname) => LeafPems) {
    this.#issueLeaf = issueLeaf;
  }

  /**
   * Makes the handshake as the server `host`, with `protocol` as the answer to ALPN, if any.
   *
   * @throws {Error} if the client does not complete it; the socket is then destroyed.
   */
  async accept(
    socket: Socket,
    options: { readonly host: Hostname; readonly protocol: string | undefined },
  ): Promise<TLSSocket> {
    // Loaded with the first routed connection: a run without one does not pay for it. Kept, as even
    // a module that is loaded takes a turn of the event loop to import.
    const { createSecureContext, TLSSocket } = this.#tls ??= await import("node:tls");
    const known = this.#contexts.get(options.host);
    const secureContext = known ?? this.#remember(options.host, createSecureContext);
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext,
      ...(options.protocol === undefined ? {} : { ALPNProtocols: [options.protocol] }),
    });
    this.#secured.set(socket, secured);
    await handshake(secured, socket);
    return secured;
  }

  /**
   * Ends a connection at once: by its TLS, if that has begun. Deno 2.7 gives up the whole process if
   * a socket goes away below a write that is under way.
   */
  destroy(socket: Socket): void {
    (this.#secured.get(socket) ?? socket).destroy();
  }

  #remember(
    host: Hostname,
    create: (pems: { cert: string; key: string }) => SecureContext,
  ): SecureContext {
    const { certPem, keyPem } = this.#issueLeaf(host);
    const context = create({ cert: certPem, key: keyPem });
    this.#contexts.set(host, context);
    if (this.#contexts.size > MAX_CONTEXTS) {
      for (const oldest of this.#contexts.keys()) {
        this.#contexts.delete(oldest);
        break;
      }
    }
    return context;
  }
}

/** Its listeners stay until the end of the connection: to take them off would cost more. */
async function handshake(secured: TLSSocket, socket: Socket): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      const breakOff = (): void => reject(BROKEN_OFF);
      secured.on("secure", resolve).on("error", reject).on("close", breakOff);
      socket.on("close", breakOff);
    });
  } catch (error) {
    secured.destroy();
    socket.destroy();
    throw error;
  }
}
