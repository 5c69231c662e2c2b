/**
 * A token endpoint on loopback that counts: its refresh token can be used once, and each answer can
 * be held back before or after it was.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** What it does with a refresh. */
export type EndpointMood =
  /** Grants a new pair of tokens. */
  | "grant"
  /** Does not answer before it is told to, and has not yet used up the refresh token. */
  | "hold before"
  /** Never answers, but the refresh token is used up. */
  | "hold after"
  /** Cuts the connection. */
  | "cut"
  /** Grants for earlier refresh tokens too, as services do that know of lost answers. */
  | "forgive";

/** A running token endpoint. */
export interface TokenEndpoint {
  /** `http://127.0.0.1:<port>/token`. */
  readonly url: string;
  /** How it answers from now on. */
  mood: EndpointMood;
  /** How many requests it has had. */
  readonly requests: number;
  /** How many times the refresh token was used up. */
  readonly rotations: number;
  /** The access token that counts now. */
  readonly accessToken: string;
  /** Grants what was held back before the refresh token was used up. */
  release(): void;
  close(): Promise<void>;
}

/** The tokens before the first refresh. */
export const FIRST_TOKENS = { access: "access-0", refresh: "refresh-0" } as const;

/** Starts one. */
export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  const state = { mood: "grant" as EndpointMood, requests: 0, rotations: 0 };
  const released = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    state.requests++;
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const token = new URLSearchParams(body).get("refresh_token");
    if (state.mood === "cut") return void request.socket.destroy();
    if (state.mood === "hold before") await released.promise;
    const isCurrent = state.mood === "forgive" || token === `refresh-${state.rotations}`;
    if (isCurrent) state.rotations++;
    if (state.mood === "hold after") return;
    response.setHeader("content-type", "application/json");
    if (!isCurrent) response.statusCode = 400;
    response.end(JSON.stringify(isCurrent ? grant(state.rotations) : { error: "invalid_grant" }));
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/token`,
    get mood() {
      return state.mood;
    },
    set mood(mood) {
      state.mood = mood;
    },
    get requests() {
      return state.requests;
    },
    get rotations() {
      return state.rotations;
    },
    get accessToken() {
      return `access-${state.rotations}`;
    },
    release: () => {
      state.mood = "grant";
      released.resolve();
    },
    close: () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      return closed.promise;
    },
  };
}

function grant(rotation: number): object {
  return {
    access_token: `access-${rotation}`,
    refresh_token: `refresh-${rotation}`,
    token_type: "Bearer",
    expires_in: 3600,
  };
}
