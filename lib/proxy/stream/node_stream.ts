/**
 * A `node:net` or `node:tls` socket as a byte stream.
 *
 * Theory of operation: a Node socket pushes; a byte stream is pulled. What arrives while nobody
 * reads is queued up to a bound, then the socket is paused, which holds the sender back. Six
 * habits of Node's sockets are dealt with here and nowhere else: a written buffer may be kept after
 * `write` returns; an error throws away what is still queued unless `destroySoon` is used; a peer
 * may end without the socket ever closing by itself; in Deno (2.7 to 2.9) a paused TLS socket goes
 * on reading and decrypting without bound, so the TCP handle below it is stopped by hand; in Deno 2.7
 * an empty write to a TLS socket ends the whole process, and a socket is never freed whose reads were
 * not stopped.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { ByteStream } from "./byte_stream.ts";

/** A client's connection: it can also be cut so that the client sees that something is missing. */
export interface ClientStream extends ByteStream {
  /** Ends both directions at once without a proper end, so that a cut body is not taken as whole. */
  abort(): void;
}

/** Queued bytes at which the socket is paused. */
const QUEUE_LIMIT = 128 * 1024;
/** Smaller writes are copied and not waited for one by one. */
const COPY_LIMIT = 8 * 1024;
/** How long bytes that are still to be sent keep a closed socket, in milliseconds. */
const FLUSH_MS = 5_000;
/** One for all connections: every one ends, and to note where would cost more than to end it. */
const CLOSED = new Error("The connection is closed.");

const WRITTEN = Promise.resolve();

interface Waiter {
  readonly resolve: (bytes: Uint8Array | null) => void;
  readonly reject: (error: Error) => void;
}

/** The part of a socket's handle that stops reads from the operating system. */
interface ReadHandle {
  readStop(): void;
  readStart(): void;
}

/** Wraps a connected socket and reads it from then on. */
export class NodeStream implements ClientStream {
  readonly #socket: Socket;
  readonly #tcp: Socket;
  readonly #closed = Promise.withResolvers<void>();
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  #reader: Waiter | undefined;
  #writer: Waiter | undefined;
  #ended = false;
  #error: Error | undefined;
  #isClosing = false;
  #flushing: ReturnType<typeof setTimeout> | undefined;

  /** `tcp`: the socket below a TLS socket. */
  constructor(socket: Socket, tcp: Socket = socket) {
    this.#socket = socket;
    this.#tcp = tcp;
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  read(): Promise<Uint8Array | null> {
    const bytes = this.#queue.shift();
    if (bytes !== undefined) {
      this.#queued -= bytes.length;
      if (this.#queued === 0 && this.#socket.isPaused()) this.#resume();
      return Promise.resolve(bytes);
    }
    if (this.#ended) return Promise.resolve(null);
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => this.#reader = { resolve, reject });
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (bytes.length === 0) return WRITTEN;
    if (bytes.length <= COPY_LIMIT) {
      if (this.#socket.write(Buffer.from(bytes))) return WRITTEN;
      return new Promise((resolve, reject) => {
        this.#writer = { resolve: () => resolve(), reject };
        this.#socket.once("drain", this.#onDrain);
      });
    }
    return new Promise((resolve, reject) => {
      this.#writer = { resolve: () => {}, reject };
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  closeWrite(): Promise<void> {
    if (!this.#isClosing && this.#error === undefined) this.#socket.end();
    return Promise.resolve();
  }

  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const isFlushed = this.#socket.writableLength === 0;
    this.#socket.destroySoon();
    if (!isFlushed) this.#flushing = setTimeout(() => this.#socket.destroy(), FLUSH_MS);
  }

  abort(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  /** Hands the socket back, paused, with `unread` and all that is queued to be read again. */
  release(unread: Uint8Array): Socket {
    const socket = this.#socket;
    socket.pause();
    socket.off("data", this.#onData);
    for (const bytes of this.#queue.splice(0).reverse()) socket.unshift(bytes);
    if (unread.length > 0) socket.unshift(unread.slice());
    return socket;
  }

  #onData = (bytes: Uint8Array): void => {
    if (this.#reader !== undefined) return this.#wakeReader(bytes);
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (this.#queued >= QUEUE_LIMIT) this.#pause();
  };

  #pause(): void {
    this.#socket.pause();
    if (this.#tcp !== this.#socket) readHandle(this.#tcp)?.readStop();
  }

  #resume(): void {
    if (this.#tcp !== this.#socket) readHandle(this.#tcp)?.readStart();
    this.#socket.resume();
  }

  #onEnd = (): void => {
    this.#ended = true;
    this.#wakeReader(null);
  };

  #onError = (error: Error): void => this.#fail(error);

  #onClose = (): void => {
    clearTimeout(this.#flushing);
    this.#fail(CLOSED);
    this.#closed.resolve();
  };

  #onDrain = (): void => {
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.resolve(null);
  };

  #wakeReader(bytes: Uint8Array | null): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.resolve(bytes);
  }

  #fail(error: Error): void {
    this.#error ??= error;
    const [reader, writer] = [this.#reader, this.#writer];
    this.#reader = this.#writer = undefined;
    reader?.reject(this.#error);
    writer?.reject(this.#error);
  }
}

/** Not part of Node's public API; without it, only the bound on memory is lost. */
function readHandle(socket: Socket): ReadHandle | undefined {
  const { _handle: handle } = socket as Socket & { readonly _handle?: ReadHandle | null };
  return typeof handle?.readStop === "function" ? handle : undefined;
}

/**
 * Lets a socket be collected after its end: Deno 2.7 holds on to every socket whose reads were not
 * stopped, be it before or after it was closed.
 */
export function freeWhenClosed(socket: Socket): void {
  // Asked for now: a closed socket has no handle any more.
  const handle = readHandle(socket);
  if (handle !== undefined) socket.on("close", () => handle.readStop());
}
