/**
 * The HTML of the login pages as functions of what they show. Every value is escaped; nothing is
 * loaded from anywhere.
 *
 * @module
 */

import { html, raw } from "hono/html";
import type { IconName } from "./icon.ts";
import { type Html, icon, layout, type Tone } from "./layout.ts";

/** One input of a form. */
export interface FormField<Name extends string = string> {
  /** Name under which the value comes back. */
  readonly name: Name;
  readonly label: string;
  /** Whether the value is hidden while it is typed. */
  readonly masked: boolean;
  /** Sentence under the input that tells what the value looks like. */
  readonly hint?: string;
  /** Whether it may stay empty. */
  readonly optional?: boolean;
}

/** What a form page shows. All texts are plain, not markup. */
export interface FormPage<Name extends string = string> {
  /** What is asked for: a key (the default) or the client of an OAuth provider. */
  readonly purpose?: "key" | "client";
  /** Display name of the provider. */
  readonly providerName: string;
  /** Connection the credential is stored as. */
  readonly connection: string;
  /** Where the vault is, as a person would write it, for example `~/.authsome`. */
  readonly vault: string;
  /** Address of the provider's page about credentials. Shown only if it is http or https. */
  readonly docs?: string;
  readonly fields: readonly FormField<Name>[];
  /** A text to take along, with a button that copies it. */
  readonly copy?: { readonly label: string; readonly text: string };
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
  readonly tone: Tone;
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
  /** Shown as something to type. */
  readonly command?: string;
  /** Where the browser goes on by itself. */
  readonly next?: { readonly address: string; readonly label: string };
}

/** The form that asks for a credential. */
export function formPage(form: FormPage, response: FormResponse): Html {
  const { failure } = response;
  const words = wordsOf(form);
  const body = html`<h1>${words.heading}</h1>
<p class="lead">${words.lead}</p>
${failure && failureNotice(failure)}
<form method="post" action="${response.action}" autocomplete="off">
${form.copy && copyRow(form.copy)}
${form.fields.map((field, index) => fieldOf(field, { first: index === 0, failure }))}
<button type="submit" data-busy="${words.busy}">${words.button}</button>
</form>
${facts(form, words)}`;
  return layout({
    title: `${failure ? "Error: " : ""}${words.heading}`,
    tone: "calm",
    icon: "key",
    body,
    nonce: response.nonce,
    secondsLeft: response.secondsLeft,
  });
}

/** A page that only says something: success, failure, expiry. */
export function messagePage(message: Message, nonce: string): Html {
  const { tone, title, text, command, next } = message;
  const body = html`
    <div role="${tone === "calm" ? "status" : "alert"}">
      <h1>${title}</h1>
      <p class="lead">${text}</p>
    </div>
    ${command && html`<code class="command">${command}</code>`} ${next && nextLink(next)}
  `;
  return layout({
    title,
    tone,
    icon: message.icon,
    body,
    nonce,
    ...(next && { next: next.address }),
  });
}

function nextLink({ address, label }: { address: string; label: string }): Html {
  return html`<a class="button" href="${address}" rel="noreferrer">${label}</a>`;
}

interface FormWords {
  readonly heading: string;
  readonly lead: Html;
  readonly button: string;
  readonly busy: string;
  readonly sealed: string;
  readonly missing: string;
  readonly link: string;
}

function wordsOf({ purpose = "key", providerName, connection }: FormPage): FormWords {
  switch (purpose) {
    case "key":
      return {
        heading: `Connect ${providerName}`,
        lead: html`The key is saved as connection <strong>${connection}</strong>.`,
        button: "Save in the vault",
        busy: "Saving …",
        sealed: "It is encrypted in the local vault at",
        missing: "No key yet?",
        link: `Get one from ${providerName}`,
      };
    case "client":
      return {
        heading: `Set up ${providerName}`,
        lead: html`authsome signs in through an app of yours at ${providerName}. Enter its client ID
          once; every connection uses it.`,
        button: `Continue to ${providerName}`,
        busy: "Opening …",
        sealed: "Both are kept, the secret encrypted, in the local vault at",
        missing: "No app yet?",
        link: `Register one at ${providerName}`,
      };
    default:
      return purpose satisfies never;
  }
}

/** Without a script the text can still be selected: one click takes it whole. */
function copyRow({ label, text }: { readonly label: string; readonly text: string }): Html {
  return html`
    <div class="field">
      <p class="name">${label}</p>
      <div class="copy" data-plain><code class="entry">${text}</code>
    <button type="button" aria-label="Copy ${label}">Copy</button></div>
    </div>
  `;
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
 ${
    field.optional
      ? ""
      : "required"
  } autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false"
 data-1p-ignore data-lpignore="true" data-bwignore
 ${described && html`aria-describedby="${described}"`} ${failure && raw('aria-invalid="true"')}
 ${first && raw("autofocus")}>
${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
${field.masked && revealBox(id, field.label)}
</div>`;
}

function revealBox(id: string, label: string): Html {
  return html`<label class="reveal" hidden><input type="checkbox" data-reveals="${id}"
 aria-controls="${id}">Show ${inSentence(label)}</label>`;
}

/** A label in the middle of a sentence; abbreviations stay as they are. */
function inSentence(label: string): string {
  return label.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase());
}

function facts({ vault, docs }: FormPage, words: FormWords): Html {
  const link = docs !== undefined && isWebAddress(docs) &&
    html`<li>${icon("page")}<span>${words.missing} <a href="${docs}" target="_blank"
 rel="noreferrer noopener">${words.link}</a></span></li>`;
  return html`<ul class="facts">
<li>${icon("vault")}<span>${words.sealed} <code>${vault}</code>.</span></li>
<li>${icon("eye")}<span>Programs started with <code>authsome run</code> use it without seeing
 it.</span></li>
${link}
</ul>`;
}

/** A definition may hold any text; only web addresses become links, never `javascript:`. */
function isWebAddress(text: string): boolean {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  return protocol === "https:" || protocol === "http:";
}
