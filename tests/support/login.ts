/**
 * What the tests of the login pages share: a form, and requests as raw as they can be.
 *
 * @module
 */

import type { FormPage } from "../../lib/login/page.ts";
import { Wire } from "./wire.ts";

/** A form that asks for one key. */
export const KEY_FORM: FormPage<"api_key"> = {
  providerName: "OpenAI",
  connection: "default",
  vault: "~/.authsome",
  docs: "https://platform.openai.com/api-keys",
  fields: [{
    name: "api_key",
    label: "API key",
    masked: true,
    hint: "OpenAI API keys start with 'sk-' followed by at least 20 letters, digits, '_' or '-'.",
  }],
};

/** A raw request; fields left out are those of the form sent by a browser. */
export interface RawRequest {
  readonly method?: string;
  readonly target: string;
  /** Replaces or, when `null`, removes header fields. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: string;
}

/** What came back. */
export interface RawAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends one request to a loopback port on a connection of its own and reads to the end. */
export async function exchangeRaw(port: number, request: RawRequest): Promise<RawAnswer> {
  const wire = new Wire(await Deno.connect({ hostname: "127.0.0.1", port }));
  try {
    await wire.send(formatRequest(port, request));
    return parseAnswer(await wire.takeRest());
  } finally {
    wire.close();
  }
}

/** Sends a form as a browser on the page would. */
export function postForm(port: number, path: string, body: string): Promise<RawAnswer> {
  return exchangeRaw(port, { method: "POST", target: path, body });
}

/** The request's bytes. */
export function formatRequest(port: number, request: RawRequest): string {
  const { method = "GET", target, headers = {}, body = "" } = request;
  const host = `127.0.0.1:${port}`;
  const usual: Record<string, string | null> = { host };
  if (method === "POST") {
    usual.origin = `http://${host}`;
    usual["sec-fetch-site"] = "same-origin";
    usual["content-type"] = "application/x-www-form-urlencoded";
    usual["content-length"] = String(new TextEncoder().encode(body).length);
  }
  const fields = Object.entries({ ...usual, ...headers })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${fields.join("")}\r\n${body}`;
}

function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const status = Number(first.split(" ")[1]);
  return { status, headers: new Map(headers), body: text.slice(end + 4) };
}
