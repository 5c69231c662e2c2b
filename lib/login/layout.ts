/**
 * The frame of every login page: one card on one ground, and nothing loaded from anywhere.
 *
 * @module
 */

import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { formatIcon, type IconName } from "./icon.ts";
import { CLEAN_ADDRESS, SCRIPT } from "./script.ts";
import { formatExpiryStyle, STYLE } from "./style.ts";

/** A piece of markup whose values are escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** How serious a page is. */
export type Tone = "calm" | "warn" | "danger";

/** What a whole page is made of. */
export interface Layout {
  readonly title: string;
  readonly tone: Tone;
  readonly icon: IconName;
  readonly body: Html;
  readonly nonce: string;
  /** Present on pages with a form. */
  readonly secondsLeft?: number;
  /** What a page with a form says once its life is over; default: what a login says. */
  readonly late?: string;
  /** Address the browser goes on to. */
  readonly next?: string;
}

/** The whole page: head, card and footer. */
export function layout(page: Layout): Html {
  const { nonce, secondsLeft, late = LATE_LOGIN, next } = page;
  const live = secondsLeft !== undefined;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        ${live && raw(REFERRER_FOR_FORMS)}
        ${next && html`<meta http-equiv="refresh" content="0;url=${next}">`}
        <title>${page.title} · authsome</title>
        <link rel="icon" href="data:,">
        ${element("style", live ? STYLE + formatExpiryStyle(secondsLeft) : STYLE, nonce)}
      </head>
      <body>
        <main class="card ${page.tone}">${brand(page.icon)} ${page.body}</main>
        <footer>
          <span>Served by authsome on this computer only.</span>
          ${live &&
            html`<span>This page works once${late === LATE_LOGIN && ", for 5 minutes"}.</span>`}
        </footer>
        ${live && lateNotice(late)} ${element("script", live ? SCRIPT : CLEAN_ADDRESS, nonce)}
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

const LATE_LOGIN = "Nothing was saved. Run the login command again for a new page.";

function lateNotice(text: string): Html {
  return html`
    <div class="late warn" role="alert">
      <div class="card">
        ${brand("clock")}
        <h2>This page has expired</h2>
        <p class="lead">${text}</p>
      </div>
    </div>
  `;
}

function brand(name: IconName): Html {
  return html`<div class="brand"><div class="mark">${icon(name)}</div><span>authsome</span></div>`;
}

/** One of the drawings. */
export function icon(name: IconName): Html {
  return raw(formatIcon(name));
}
