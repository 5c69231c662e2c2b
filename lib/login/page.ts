/**
 * The HTML of the login pages as functions of what they show. Every value is escaped; nothing is
 * loaded from anywhere.
 *
 * @module
 */

import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { formatIcon, type IconName } from "./icon.ts";
import { SCRIPT } from "./script.ts";
import { formatExpiryStyle, STYLE } from "./style.ts";

/** A piece of markup whose values are escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** One input of a form. */
export interface FormField<Name extends string = string> {
  /** Name under which the value comes back. */
  readonly name: Name;
  readonly label: string;
  /** Whether the value is hidden while it is typed. */
  readonly masked: boolean;
  /** Sentence under the input that tells what the value looks like. */
  readonly hint?: string;
}

/** What a form page shows. All texts are plain, not markup. */
export interface FormPage<Name extends string = string> {
  /** Display name of the provider. */
  readonly providerName: string;
  /** Connection the credential is stored as. */
  readonly connection: string;
  /** Where the vault is, as a person would write it, for example `~/.authsome`. */
  readonly vault: string;
  /** Address of the provider's page about credentials. Shown only if it is http or https. */
  readonly docs?: string;
  readonly fields: readonly FormField<Name>[];
}

/** A failure as the form and the error page show it. */
export interface Failure {
  readonly message: string;
  readonly hint: string;
}

/** What the one response needs beside the page's content. */
export interface FormResponse {
  /** Path the form posts to. */
  readonly action: string;
  /** Nonce of the response's content security policy. */
  readonly nonce: string;
  /** Seconds until the page no longer works. */
  readonly secondsLeft: number;
  /** Why the last try was refused. */
  readonly failure?: Failure;
}

/** A page that only says something. */
export interface Message {
  readonly tone: "calm" | "warn" | "danger";
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
  /** Shown as something to type. */
  readonly command?: string;
}

/** The form that asks for a credential. */
export function formPage(form: FormPage, response: FormResponse): Html {
  const { failure } = response;
  const body = html`<h1>Connect ${form.providerName}</h1>
<p class="lead">The key is saved as connection <strong>${form.connection}</strong>.</p>
${failure && failureNotice(failure)}
<form method="post" action="${response.action}" autocomplete="off">
${form.fields.map((field, index) => fieldOf(field, { first: index === 0, failure }))}
<button type="submit" data-busy="Saving …">Save in the vault</button>
</form>
${facts(form)}`;
  return layout({
    title: `${failure ? "Error: " : ""}Connect ${form.providerName}`,
    tone: "calm",
    icon: "key",
    body,
    nonce: response.nonce,
    secondsLeft: response.secondsLeft,
  });
}

/** A page that only says something: success, failure, expiry. */
export function messagePage(message: Message, nonce: string): Html {
  const { tone, icon, title, text, command } = message;
  const body = html`
    <div role="${tone === "calm" ? "status" : "alert"}">
      <h1>${title}</h1>
      <p class="lead">${text}</p>
    </div>
    ${command && html`<code class="command">${command}</code>`}
  `;
  return layout({ title, tone, icon, body, nonce });
}

function failureNotice({ message, hint }: Failure): Html {
  return html`<div class="notice" role="alert" id="failure"><strong>${message}</strong>
${hint}</div>`;
}

interface FieldState {
  readonly first: boolean;
  readonly failure: Failure | undefined;
}

function fieldOf(field: FormField, { first, failure }: FieldState): Html {
  const id = `field-${field.name}`;
  const hint = field.hint === failure?.hint ? undefined : field.hint; // said once is enough
  const described = [failure && "failure", hint && `${id}-hint`].filter(Boolean).join(" ");
  return html`<div class="field">
<label class="name" for="${id}">${field.label}</label>
<input class="entry" id="${id}" name="${field.name}" type="${field.masked ? "password" : "text"}"
 required autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false"
 data-1p-ignore data-lpignore="true" data-bwignore
 ${described && html`aria-describedby="${described}"`} ${failure && raw('aria-invalid="true"')}
 ${first && raw("autofocus")}>
${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
${field.masked && revealBox(id, field.label)}
</div>`;
}

function revealBox(id: string, label: string): Html {
  return html`<label class="reveal" hidden><input type="checkbox" data-reveals="${id}"
 aria-controls="${id}">Show ${label}</label>`;
}

function facts({ providerName, vault, docs }: FormPage): Html {
  const link = docs !== undefined && isWebAddress(docs) &&
    html`<li>${icon("page")}<span>No key yet? <a href="${docs}" target="_blank"
 rel="noreferrer noopener">Get one from ${providerName}</a></span></li>`;
  return html`<ul class="facts">
<li>${icon("vault")}<span>It is encrypted in the local vault at <code>${vault}</code>.</span></li>
<li>${icon("eye")}<span>Programs started with <code>authsome run</code> use it without seeing
 it.</span></li>
${link}
</ul>`;
}

function brand(name: IconName): Html {
  return html`<div class="brand"><div class="mark">${icon(name)}</div><span>authsome</span></div>`;
}

function icon(name: IconName): Html {
  return raw(formatIcon(name));
}

/** A definition may hold any text; only web addresses become links, never `javascript:`. */
function isWebAddress(text: string): boolean {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  return protocol === "https:" || protocol === "http:";
}

interface Layout {
  readonly title: string;
  readonly tone: Message["tone"];
  readonly icon: IconName;
  readonly body: Html;
  readonly nonce: string;
  /** Present on pages with a form. */
  readonly secondsLeft?: number;
}

function layout(page: Layout): Html {
  const { nonce, secondsLeft } = page;
  const live = secondsLeft !== undefined;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        ${live && raw(REFERRER_FOR_FORMS)}
        <title>${page.title} · authsome</title>
        <link rel="icon" href="data:,">
        ${element("style", live ? STYLE + formatExpiryStyle(secondsLeft) : STYLE, nonce)}
      </head>
      <body>
        <main class="card ${page.tone}">${brand(page.icon)} ${page.body}</main>
        <footer>
          <span>Served by authsome on this computer only.</span>
          ${live && html`<span>This page works once, for 5 minutes.</span>`}
        </footer>
        ${live && lateNotice()} ${live && element("script", SCRIPT, nonce)}
      </body>
    </html>
  `;
}

/** Text of ours, inlined under the nonce of the response. */
function element(name: "style" | "script", text: string, nonce: string): Html {
  return raw(`<${name} nonce="${nonce}">${text}</${name}>`);
}

/**
 * The header says no-referrer; under that policy a browser sends `Origin: null` with a form (Fetch
 * standard, "append a request Origin header"), and the origin check needs the real one.
 */
const REFERRER_FOR_FORMS = `<meta name="referrer" content="same-origin">`;

function lateNotice(): Html {
  return html`
    <div class="late warn" role="alert">
      <div class="card">
        ${brand("clock")}
        <h2>This page has expired</h2>
        <p class="lead">Nothing was saved. Run the login command again for a new page.</p>
      </div>
    </div>
  `;
}
