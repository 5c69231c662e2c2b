/**
 * Stands between authsome and an authorization server's endpoints, and remembers every secret that
 * passes.
 *
 * @module
 */

import type { TestAuthorizationServer } from "./authorization_server.ts";

/** Names of what nobody else may see. */
const SECRET_FIELDS = [
  "client_secret",
  "code",
  "code_verifier",
  "device_code",
  "access_token",
  "refresh_token",
  "id_token",
  "token",
];

/** A running recorder. */
export interface Recorder {
  /** `http://127.0.0.1:<port>`: the server's paths under another origin. */
  readonly origin: string;
  /** Every secret so far. */
  readonly secrets: ReadonlySet<string>;
  /** Names of the fields that they came in. */
  readonly fields: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Starts one. */
export function startRecorder({ issuer, fetch }: TestAuthorizationServer): Recorder {
  const secrets = new Set<string>();
  const fields = new Set<string>();
  const note = (pairs: Iterable<readonly [string, unknown]>): void => {
    for (const [name, value] of pairs) {
      if (!SECRET_FIELDS.includes(name) || typeof value !== "string") continue;
      secrets.add(value);
      fields.add(name);
    }
  };
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = Deno.serve(options, async (request) => {
    const { pathname, search } = new URL(request.url);
    const body = await request.text();
    note(new URLSearchParams(body));
    const headers = new Headers(request.headers);
    for (const name of ["host", "content-length"]) headers.delete(name);
    const answer = await fetch(issuer + pathname + search, {
      method: request.method,
      headers,
      body,
    });
    const text = await answer.text();
    if (text !== "") note(Object.entries(JSON.parse(text)));
    return new Response(text, {
      status: answer.status,
      headers: { "content-type": "application/json" },
    });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    secrets,
    fields,
    close: () => server.shutdown(),
  };
}
