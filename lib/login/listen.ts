/**
 * Serves an application on a loopback port and closes without waiting for what browsers keep open.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { AuthsomeError } from "../errors.ts";
import { LOGIN_HOST } from "../login_address.ts";
import type { LoginBindings } from "./app.ts";

/** What is served: a Hono application, or anything with its `fetch`. */
export interface Application {
  fetch(request: Request, bindings: LoginBindings): Response | Promise<Response>;
}

/** Where to listen, and what to do if the port is taken. */
export interface ListenOptions {
  /** 0 means any free port. */
  readonly port: number;
  /**
   * `another` takes any free port; a function is called once and the port is waited for, because
   * OAuth redirects know only this one.
   */
  readonly whenTaken: "another" | (() => void);
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** A server that runs. */
export interface Listener {
  readonly port: number;
  /** Ends every connection at once, idle ones too. Resolves when the port is free again. */
  close(): Promise<void>;
}

/** Milliseconds between two tries to get a port that another process holds. */
const RETRY_MS = 200;

/**
 * Starts to serve what `createApplication` makes for the port that was had.
 *
 * @throws {AuthsomeError} `cancelled` if the signal ends the waiting for a port
 */
export async function listen(
  createApplication: (port: number) => Application,
  options: ListenOptions,
): Promise<Listener> {
  const server = createServer({ maxHeaderSize: 16_384 });
  const port = await bindPort(server, options);
  const application = createApplication(port);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    serveRequest(application, { request, response, port });
  });
  return { port, close: () => closeServer(server) };
}

async function bindPort(server: Server, options: ListenOptions): Promise<number> {
  const { whenTaken, signal } = options;
  for (let tries = 0;; tries++) {
    const port = await tryPort(server, options.port);
    if (port !== undefined) return port;
    if (whenTaken === "another") return await tryPort(server, 0) ?? 0;
    if (tries === 0) whenTaken();
    await pause(RETRY_MS, signal);
  }
}

/** The port had, or `undefined` if another process has it. */
function tryPort(server: Server, port: number): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const fail = (error: NodeJS.ErrnoException) =>
    error.code === "EADDRINUSE" ? resolve(undefined) : reject(error);
  server.once("error", fail);
  server.listen({ port, host: LOGIN_HOST }, () => {
    server.off("error", fail);
    const address = server.address();
    resolve(typeof address === "object" && address !== null ? address.port : port);
  });
  return promise;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => {
    clearTimeout(timer);
    reject(cancelledLogin());
  };
  const timer = setTimeout(() => {
    signal.removeEventListener("abort", stop);
    resolve();
  }, milliseconds);
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return promise;
}

/** The error for a login whose signal has fired. */
export function cancelledLogin(): AuthsomeError {
  return new AuthsomeError("cancelled", "The login was cancelled. Nothing was saved.", {
    hint: "Run the same command again when you are ready.",
  });
}

interface OneRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly port: number;
}

/** Never rejects: a request that cannot be answered ends its own connection only. */
async function serveRequest(application: Application, one: OneRequest): Promise<void> {
  const { request, response } = one;
  const { promise: sent, resolve } = Promise.withResolvers<void>();
  response.once("finish", resolve);
  response.once("close", resolve);
  try {
    const answer = await application.fetch(toRequest(one), { sent });
    const body = new Uint8Array(await answer.arrayBuffer());
    response.writeHead(answer.status, {
      ...Object.fromEntries(answer.headers),
      "content-length": body.length,
      connection: "close",
    });
    response.end(body);
  } catch {
    resolve();
    request.socket.destroy();
  }
}

/** @throws {TypeError} if the target is no path, a header is malformed or `Host` is repeated */
function toRequest({ request, port }: OneRequest): Request {
  const { method = "GET", url = "/" } = request;
  if (!url.startsWith("/")) throw new TypeError("Only paths are served.");
  const headers = new Headers();
  const { rawHeaders } = request;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
  }
  const address = new URL(`http://${LOGIN_HOST}:${port}`);
  const [path = "", query = ""] = splitOnce(url, "?");
  address.pathname = path;
  address.search = query;
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(address, {
    method,
    headers,
    ...(hasBody && { body: Readable.toWeb(request) as ReadableStream, duplex: "half" }),
  });
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  return promise;
}
