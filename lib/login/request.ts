/**
 * Asks a person for secrets on a page of this computer: the one entry to the login pages.
 *
 * @module
 */

import { AuthsomeError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { createLoginApp, createPageKey, type OpenForm } from "./app.ts";
import { listen, type ListenOptions, LOGIN_HOST, LOGIN_PORT } from "./listen.ts";
import type { FormPage } from "./page.ts";
import { Visit } from "./visit.ts";

/** How long a page lives, in milliseconds: 5 minutes. */
export const PAGE_LIFE_MS = 300_000;

/** What to ask, and what to do with the answer. */
export interface PageRequest<Name extends string, T> {
  readonly page: FormPage<Name>;
  /**
   * Reads the values that were sent, by field name.
   *
   * @throws {AuthsomeError} if one is malformed: the page shows message and hint, keeps the form
   * and never repeats what was typed
   */
  parse(values: Readonly<Record<Name, Secret>>): T;
  /**
   * Stores what was read. The page says success only after this. If it throws, the page says so
   * and the request ends with the same error.
   */
  store(value: T): Promise<void>;
  /** Called once the page is there; print the address first, then open the browser. */
  onListening(address: string): void | Promise<void>;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** {@link LOGIN_PORT} unless told otherwise. */
  readonly port?: number;
  /** `another` free port unless told otherwise. */
  readonly whenTaken?: ListenOptions["whenTaken"];
  /** {@link PAGE_LIFE_MS} unless told otherwise. */
  readonly lifeMs?: number;
}

/**
 * Serves the form and returns once what was sent is stored and the success page has left whole.
 * Nothing is left running or listening.
 *
 * @throws {AuthsomeError} `cancelled` on the signal; `authentication_failed` if the page was not
 * used in its life; whatever `store` or `onListening` throws
 */
export async function requestFromPage<Name extends string, T>(
  request: PageRequest<Name, T>,
): Promise<void> {
  const { signal, port = LOGIN_PORT, whenTaken = "another", lifeMs = PAGE_LIFE_MS } = request;
  if (signal.aborted) throw cancelled();
  const visit = new Visit(Date.now() + lifeMs);
  const key = createPageKey();
  const form = openForm(request, visit);
  const findForm = (text: string) => text === key ? form : undefined;
  const listener = await listen(
    (actual) => createLoginApp({ port: actual, now: Date.now, findForm }),
    { port, whenTaken, signal },
  );
  const limit = limitVisit(visit, { signal, lifeMs });
  try {
    const announced = request.onListening(`http://${LOGIN_HOST}:${listener.port}/login/${key}`);
    await Promise.race([announced, limit.ended]);
    await Promise.race([visit.outcome, limit.ended]);
  } finally {
    limit.clear();
    await listener.close();
  }
}

function openForm<Name extends string, T>(
  { page, parse, store }: PageRequest<Name, T>,
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

/** What ends a visit from outside. `ended` only ever rejects. */
interface Limit {
  readonly ended: Promise<never>;
  clear(): void;
}

function limitVisit(
  visit: Visit,
  { signal, lifeMs }: { readonly signal: AbortSignal; readonly lifeMs: number },
): Limit {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const abort = () => reject(cancelled());
  const expire = () => {
    if (visit.state(Infinity) === "expired") reject(expired(lifeMs)); // else it is being used
  };
  const timer = setTimeout(expire, lifeMs);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  return {
    ended,
    clear: () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    },
  };
}

function cancelled(): AuthsomeError {
  return new AuthsomeError("cancelled", "The login was cancelled. Nothing was saved.", {
    hint: "Run the same command again when you are ready.",
  });
}

function expired(lifeMs: number): AuthsomeError {
  const life = lifeMs < 60_000
    ? `${lifeMs / 1000} seconds`
    : `${Math.round(lifeMs / 60_000)} minutes`;
  return new AuthsomeError("authentication_failed", `The login page was not used within ${life}.`, {
    hint: "Run the same command again for a new page.",
  });
}
