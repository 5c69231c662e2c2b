/**
 * The server of one login: asks with a form, sends the browser away, takes it back.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import {
  CALLBACK_PATH,
  createLoginApp,
  createPageKey,
  type OpenCallback,
  type OpenForm,
} from "./app.ts";
import { cancelledLogin, listen, type ListenOptions } from "./listen.ts";
import { LOGIN_HOST, LOGIN_PORT } from "../login_address.ts";
import type { FormPage } from "./page.ts";
import { Visit } from "./visit.ts";

/** How long a page lives, in milliseconds: 5 minutes. */
export const PAGE_LIFE_MS = 300_000;

/** How long a person has to sign in at the provider, in milliseconds: 10 minutes. */
export const CALLBACK_LIFE_MS = 600_000;

/** What to ask on a page, and what to do with the answer. */
export interface FormRequest<Name extends string, T> {
  readonly page: FormPage<Name>;
  /**
   * Reads the values that were sent, by field name.
   *
   * @throws {AuthsomeError} if one is malformed: the page shows message and hint, keeps the form
   * and never repeats what was typed
   */
  parse(values: Readonly<Record<Name, Secret>>): T;
  /**
   * Stores what was read. The page says success only after this, or goes on to the address it
   * returns. If it throws, the page says so and the visit ends with the same error.
   */
  store(value: T): Promise<URL | void>;
  /** {@link PAGE_LIFE_MS} unless told otherwise. */
  readonly lifeMs?: number;
}

/** What to do when the browser comes back from an authorization server. */
export interface CallbackRequest {
  readonly providerName: string;
  readonly connection: string;
  /** The `state` parameter that the browser was sent away with. */
  readonly state: string;
  /**
   * Turns the answer into a credential and stores it. The page says success only after this; if it
   * throws, the page says so and the visit ends with the same error.
   */
  accept(answer: URLSearchParams): Promise<void>;
  /** {@link CALLBACK_LIFE_MS} unless told otherwise. */
  readonly lifeMs?: number;
}

/** A page that is served. */
export interface ServedVisit {
  /** Its address; for a callback, where authorization servers send the browser. */
  readonly address: string;
  /**
   * Resolves once the answer is stored and the page that says so has left whole.
   *
   * @throws {AuthsomeError} `cancelled` on the signal; `authentication_failed` if nobody came in
   * time; otherwise what `store` or `accept` threw
   */
  readonly done: Promise<void>;
}

/** A server that runs until it is closed. */
export interface LoginServer {
  /** For example `http://127.0.0.1:7998/auth/callback/oauth`. */
  readonly redirectUri: string;
  serveForm<Name extends string, T>(request: FormRequest<Name, T>): ServedVisit;
  serveCallback(request: CallbackRequest): ServedVisit;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

/** Where to serve. */
export interface LoginServerOptions {
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** {@link LOGIN_PORT} unless told otherwise. */
  readonly port?: number;
  /** `another` free port unless told otherwise; OAuth waits for its own instead. */
  readonly whenTaken?: ListenOptions["whenTaken"];
}

/**
 * Starts to listen on loopback.
 *
 * @throws {AuthsomeError} `cancelled` if the signal ends the waiting for the port
 */
export async function openLoginServer(options: LoginServerOptions): Promise<LoginServer> {
  const { port = LOGIN_PORT, whenTaken = "another" } = options;
  if (options.signal.aborted) throw cancelledLogin();
  const closing = new AbortController();
  const signal = AbortSignal.any([options.signal, closing.signal]);
  const forms = new Map<string, OpenForm>();
  const callbacks = new Map<string, OpenCallback>();
  const listener = await listen(
    (actual) =>
      createLoginApp({
        port: actual,
        now: Date.now,
        findForm: (key) => forms.get(key),
        findCallback: (state) => callbacks.get(state),
      }),
    { port, whenTaken, signal },
  );
  const origin = `http://${LOGIN_HOST}:${listener.port}`;
  return {
    redirectUri: origin + CALLBACK_PATH,
    serveForm: (request) => {
      const { lifeMs = PAGE_LIFE_MS } = request;
      const visit = new Visit(Date.now() + lifeMs);
      const key = createPageKey();
      forms.set(key, createForm(request, visit));
      return { address: `${origin}/login/${key}`, done: endOf(visit, { signal, lifeMs }) };
    },
    serveCallback: ({ lifeMs = CALLBACK_LIFE_MS, state, ...request }) => {
      const visit = new Visit(Date.now() + lifeMs);
      callbacks.set(state, { ...request, visit });
      return { address: origin + CALLBACK_PATH, done: endOf(visit, { signal, lifeMs }) };
    },
    close: () => {
      closing.abort(); // ends the visits that nobody waits for any more, and their timers
      return listener.close();
    },
  };
}

function createForm<Name extends string, T>(
  { page, parse, store }: FormRequest<Name, T>,
  visit: Visit,
): OpenForm {
  return {
    page,
    visit,
    accept: (values) => {
      const value = parse(values as Readonly<Record<Name, Secret>>);
      return () => store(value);
    },
  };
}

/** The visit's outcome, or the signal, or the end of its life, whichever comes first. */
function endOf(
  visit: Visit,
  { signal, lifeMs }: { readonly signal: AbortSignal; readonly lifeMs: number },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(cancelledLogin());
  const timer = setTimeout(() => {
    if (visit.state(Infinity) === "expired") reject(expired(lifeMs)); // else it is being used
  }, lifeMs);
  const clear = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  };
  signal.addEventListener("abort", abort, { once: true });
  visit.outcome.then(resolve, reject);
  promise.then(clear, clear); // it may also fail before anyone waits
  return promise;
}

function expired(lifeMs: number): AuthsomeError {
  const life = lifeMs < 60_000
    ? `${lifeMs / 1000} seconds`
    : `${Math.round(lifeMs / 60_000)} minutes`;
  return new AuthsomeError("authentication_failed", `The login page was not used within ${life}.`, {
    hint: "Run the same command again for a new page.",
  });
}
