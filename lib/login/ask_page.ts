/**
 * The page that asks whether a request may have a credential: served for one question, under an
 * address that nobody can guess, with the guards of the login pages.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { html } from "hono/html";
import { LOGIN_HOST } from "../login_address.ts";
import type { AskAnswer, AskQuestion } from "../policy.ts";
import { createPageKey, type LoginBindings, LONGEST_BODY } from "./app.ts";
import { refuseForm, refuseHost, securityHeaders } from "./guard.ts";
import { type Html, layout } from "./layout.ts";
import { listen } from "./listen.ts";
import { type Answer, REFUSALS } from "./message.ts";
import { messagePage } from "./page.ts";

/** How a question is asked. */
export interface AskPageOptions {
  /** Milliseconds until no answer means no. */
  readonly waitMs: number;
  /** Ends the waiting. */
  readonly ended: AbortSignal;
  /** Shows the address to the person and to nobody else. Gives whether that was possible. */
  readonly show: (address: string) => boolean;
}

/** Asks one question on a page of its own and waits. */
export async function askPage(
  question: AskQuestion,
  { waitMs, ended, show }: AskPageOptions,
): Promise<AskAnswer> {
  const { promise, resolve } = Promise.withResolvers<AskAnswer>();
  const key = createPageKey();
  const endsAt = Date.now() + waitMs;
  const listener = await listen(
    (port) => createAskApp({ port, key, question, endsAt, answer: resolve }),
    { port: 0, whenTaken: "another", signal: ended },
  );
  const reason = `nobody answered in ${waitMs / 1000} seconds`;
  const timer = setTimeout(() => resolve({ kind: "deny", reason }), waitMs);
  const end = (): void => resolve({ kind: "deny", reason: "the run has ended" });
  ended.addEventListener("abort", end);
  try {
    if (show(`http://${LOGIN_HOST}:${listener.port}/ask/${key}`)) return await promise;
    return { kind: "deny", reason: "there is no terminal and no browser to ask with" };
  } finally {
    clearTimeout(timer);
    ended.removeEventListener("abort", end);
    await listener.close();
  }
}

/** What the application is made of. */
export interface AskAppOptions {
  /** The port the page is served on; requests for any other are refused. */
  readonly port: number;
  /** Last part of the page's path. */
  readonly key: string;
  readonly question: AskQuestion;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
  /** Takes the answer once the page that confirms it has left. */
  readonly answer: (answer: AskAnswer) => void;
}

interface AskEnv {
  Bindings: LoginBindings;
  Variables: { nonce: string };
}

const ANSWERS: Readonly<Record<string, AskAnswer>> = {
  deny: { kind: "deny", reason: "it was denied on the page" },
  once: { kind: "once" },
  run: { kind: "run" },
};

/** Makes the application: a pure function of its options, without a socket. */
export function createAskApp(options: AskAppOptions): Hono<AskEnv> {
  const { port, key, question, endsAt } = options;
  const path = `/ask/${key}`;
  const app = new Hono<AskEnv>();
  let used = false;
  app.use(async (c, next) => {
    c.set("nonce", randomBytes(16).toString("base64"));
    const refusal = refuseHost(c.req.raw.headers, port);
    if (refusal === undefined) await next();
    else c.res = await say(c, REFUSALS[refusal]);
    const headers = securityHeaders(c.get("nonce"));
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
  });
  app.get(path, (c) => {
    if (used) return say(c, REFUSALS.used);
    return c.html(questionPage(question, { path, endsAt, nonce: c.get("nonce") }));
  });
  app.post(
    path,
    bodyLimit({ maxSize: LONGEST_BODY, onError: (c) => say(c, REFUSALS.size) }),
    async (c) => {
      const refusal = refuseForm(c.req.raw.headers);
      if (refusal !== undefined) return say(c, REFUSALS[refusal]);
      const word = new URLSearchParams(await c.req.text()).get("answer") ?? "";
      const answer = Object.hasOwn(ANSWERS, word) ? ANSWERS[word] : undefined;
      if (answer === undefined) return say(c, REFUSALS.type);
      if (used) return say(c, REFUSALS.used);
      used = true;
      c.env.sent.then(() => options.answer(answer));
      return say(c, answered(answer));
    },
  );
  app.notFound((c) => say(c, REFUSALS.unknown));
  return app;
}

function say(c: Context<AskEnv>, { status, message }: Answer): Response | Promise<Response> {
  return c.html(messagePage(message, c.get("nonce")), status);
}

function answered({ kind }: AskAnswer): Answer {
  const denied = kind === "deny";
  return {
    status: 200,
    message: {
      tone: denied ? "warn" : "calm",
      icon: denied ? "alert" : "check",
      title: denied ? "Denied" : "Allowed",
      text: "You can close this tab.",
    },
  };
}

function questionPage(
  question: AskQuestion,
  page: { readonly path: string; readonly endsAt: number; readonly nonce: string },
): Html {
  const { method, host, path, isUpgrade, provider, connection } = question;
  const title = `Lend ${provider}?`;
  const body = html`<h1>${title}</h1>
<p class="lead">A program wants to make this request with the credential
 <strong>${provider}/${connection}</strong>:</p>
<code class="command">${method} ${host}${path}${isUpgrade && " (upgrade)"}</code>
${button(page.path, { answer: "once", text: "Allow once" })}
${button(page.path, { answer: "run", text: "Allow this until the run ends" })}
${button(page.path, { answer: "deny", text: "Deny" })}`;
  return layout({
    title,
    tone: "warn",
    icon: "eye",
    body,
    nonce: page.nonce,
    secondsLeft: (page.endsAt - Date.now()) / 1000,
    late: "Nobody answered: the request was denied.",
  });
}

/** A form each: a script may switch off the button that was pressed, and with it its value. */
function button(path: string, { answer, text }: { answer: string; text: string }): Html {
  return html`
    <form method="post" action="${path}">
      <input type="hidden" name="answer" value="${answer}">
      <button type="submit" data-busy="${text} …">${text}</button>
    </form>
  `;
}
