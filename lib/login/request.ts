/**
 * Asks a person for secrets on a page of this computer, from the first byte to the last.
 *
 * @module
 */

import { type FormRequest, type LoginServerOptions, openLoginServer } from "./server.ts";

/** What to ask, where, and what to do with the answer. */
export interface PageRequest<Name extends string, T>
  extends FormRequest<Name, T>, LoginServerOptions {
  /** Called once the page is there; print the address first, then open the browser. */
  onListening(address: string): void | Promise<void>;
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
  const server = await openLoginServer(request);
  try {
    const { address, done } = server.serveForm(request);
    await Promise.race([request.onListening(address), done]);
    await done;
  } finally {
    await server.close();
  }
}
