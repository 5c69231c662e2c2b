/**
 * The login pages as a Hono application: a pure function of its options, without a socket.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { AuthsomeError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { refuseCallback, refuseForm, refuseHost, securityHeaders } from "./guard.ts";
import { type Answer, endedAnswer, failedAnswer, REFUSALS } from "./message.ts";
import { type Failure, type FormPage, formPage, messagePage } from "./page.ts";
import type { Visit, VisitState } from "./visit.ts";

/** The values of a form, by field name. */
export type FormValues = Readonly<Record<string, Secret>>;

/** A form that waits to be sent. */
export interface OpenForm {
  readonly page: FormPage;
  readonly visit: Visit;
  /**
   * Reads the values and returns the work of storing them, which may end with an address for the
   * browser to go on to.
   *
   * @throws {AuthsomeError} if a value is malformed; the form stays open and shows why
   */
  accept(values: FormValues): () => Promise<URL | void>;
}

/** A login that waits for the browser to come back from an authorization server. */
export interface OpenCallback {
  readonly providerName: string;
  readonly connection: string;
  readonly visit: Visit;
  /** Reads the answer of the authorization server and stores what it grants. */
  accept(answer: URLSearchParams): Promise<void>;
}

/** What the application is made of. */
export interface LoginAppOptions {
  /** The port the pages are served on; requests for any other are refused. */
  readonly port: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The form behind the last part of `/login/<key>`, if there is one. */
  readonly findForm: (key: string) => OpenForm | undefined;
  /** The login that sent the browser away with this state, if there is one. */
  readonly findCallback?: (state: string) => OpenCallback | undefined;
}

/** What the server tells the application about each request. */
export interface LoginBindings {
  /** Resolves when the response has left, or cannot any more. */
  readonly sent: Promise<unknown>;
}

interface LoginEnv {
  Bindings: LoginBindings;
  Variables: { nonce: string };
}

type LoginContext = Context<LoginEnv>;

/** Longest form body taken, in bytes. */
export const LONGEST_BODY = 65_536;

/** Path that authorization servers send the browser back to. */
export const CALLBACK_PATH = "/auth/callback/oauth";

/** Bytes of randomness in the path of a page: 192 bits. */
const KEY_BYTES = 24;

/** A fresh, unguessable last part of a page's path. */
export function createPageKey(): string {
  return randomBytes(KEY_BYTES).toString("base64url");
}

/** Makes the application. */
export function createLoginApp(options: LoginAppOptions): Hono<LoginEnv> {
  const app = new Hono<LoginEnv>();
  app.use(async (c, next) => {
    c.set("nonce", randomBytes(16).toString("base64"));
    const refusal = refuseHost(c.req.raw.headers, options.port);
    if (refusal === undefined) await next();
    else c.res = await answer(c, REFUSALS[refusal]);
    const headers = securityHeaders(c.get("nonce"));
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
  });
  app.get("/login/:key", (c) => showForm(c, options));
  app.post(
    "/login/:key",
    bodyLimit({ maxSize: LONGEST_BODY, onError: (c) => answer(c, REFUSALS.size) }),
    (c) => receiveForm(c, options),
  );
  app.all("/login/:key", (c) => {
    c.header("allow", "GET, POST");
    return answer(c, REFUSALS.method);
  });
  app.get(CALLBACK_PATH, (c) => receiveCallback(c, options));
  app.notFound((c) => answer(c, REFUSALS.unknown));
  app.onError((error, c) => answer(c, failedAnswer(error)));
  return app;
}

function answer(c: LoginContext, { status, message }: Answer): Response | Promise<Response> {
  return c.html(messagePage(message, c.get("nonce")), status);
}

function stateAnswer(state: VisitState): Answer | undefined {
  switch (state) {
    case "open":
      return undefined;
    case "busy":
    case "used":
      return REFUSALS.used;
    case "expired":
      return REFUSALS.expired;
    default:
      return state satisfies never;
  }
}

function showForm(c: LoginContext, options: LoginAppOptions): Response | Promise<Response> {
  const form = options.findForm(c.req.param("key") ?? "");
  if (form === undefined) return answer(c, REFUSALS.unknown);
  const closed = stateAnswer(form.visit.state(options.now()));
  return closed === undefined ? openForm(c, form, options.now()) : answer(c, closed);
}

function openForm(
  c: LoginContext,
  { page, visit }: OpenForm,
  now: number,
  failure?: Failure,
): Response | Promise<Response> {
  const secondsLeft = (visit.expiresAt - now) / 1000;
  const response = { action: c.req.path, nonce: c.get("nonce"), secondsLeft };
  return failure === undefined
    ? c.html(formPage(page, response))
    : c.html(formPage(page, { ...response, failure }), 422);
}

async function receiveForm(c: LoginContext, options: LoginAppOptions): Promise<Response> {
  const form = options.findForm(c.req.param("key") ?? "");
  if (form === undefined) return answer(c, REFUSALS.unknown);
  const refusal = refuseForm(c.req.raw.headers);
  if (refusal !== undefined) return answer(c, REFUSALS[refusal]);
  const values = parseValues(form.page, await c.req.text());
  const closed = stateAnswer(form.visit.state(options.now()));
  if (closed !== undefined) return answer(c, closed);
  const accepted = acceptValues(form, values);
  if (accepted instanceof AuthsomeError) return openForm(c, form, options.now(), accepted);
  const ending = await form.visit.run(accepted, c.env.sent);
  return answer(c, endedAnswer(ending, form.page));
}

/** The work of storing, or the refusal to show on the form. A bug becomes work that fails. */
function acceptValues(
  form: OpenForm,
  values: FormValues,
): AuthsomeError | (() => Promise<URL | void>) {
  try {
    return form.accept(values);
  } catch (error) {
    return error instanceof AuthsomeError ? error : () => Promise.reject(error);
  }
}

async function receiveCallback(c: LoginContext, options: LoginAppOptions): Promise<Response> {
  if (c.req.method !== "GET") return answer(c, REFUSALS.method); // a HEAD must not use up the code
  const refusal = refuseCallback(c.req.raw.headers);
  if (refusal !== undefined) return answer(c, REFUSALS[refusal]);
  const parameters = new URL(c.req.url).searchParams;
  const callback = options.findCallback?.(parameters.get("state") ?? "");
  if (callback === undefined) return answer(c, REFUSALS.stray);
  const closed = stateAnswer(callback.visit.state(options.now()));
  if (closed !== undefined) return answer(c, closed);
  const ending = await callback.visit.run(() => callback.accept(parameters), c.env.sent);
  return answer(c, endedAnswer(ending, { ...callback, purpose: "callback" }));
}

/** Takes the fields that were asked for, each once; a missing one is empty. */
function parseValues(page: FormPage, body: string): Record<string, Secret> {
  const sent = new URLSearchParams(body);
  return Object.fromEntries(
    page.fields.map(({ name }) => [name, new Secret(sent.get(name) ?? "")]),
  );
}
