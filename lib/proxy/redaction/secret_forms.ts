/**
 * The forms in which a service may quote a credential back: as it is, escaped as in JSON, encoded as
 * in a URL, and inside base64. Pure.
 *
 * @module
 */

import type { FieldInjection, Injection } from "../../injection.ts";
import { encodeByteString } from "../stream/bytes.ts";

/** Shorter text is no secret, and masking it would change answers that say nothing secret. */
const SHORTEST = 8;

/**
 * Every form of what `injection` puts into requests, as byte strings, each once. Empty if it puts
 * nothing secret there, or something too short to be one.
 */
export function secretForms(injection: Injection): readonly string[] {
  const secret = injection.kind === "sigv4" ? injection.key.sessionToken : injection.secret;
  if (secret === undefined) return [];
  const text = secret.reveal();
  const pair = injection.kind === "header" ? basicPair(injection) : [];
  const forms = [...jsonForms(text), ...urlForms(text), ...base64Forms(text), ...pair];
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST);
}

/** A Basic credential as a whole, without its padding (RFC 7617). */
function basicPair({ value }: FieldInjection): readonly string[] {
  const [, pair] = /^Basic ([^ =]+)=*$/.exec(value.reveal()) ?? [];
  return pair === undefined ? [] : [pair];
}

/** What JSON writers escape beyond what they must, and how they write hexadecimal digits. */
const JSON_WRITERS: readonly { readonly escaped: RegExp; readonly upper?: boolean }[] = [
  /* JavaScript */ { escaped: /(?!)/g },
  /* Python */ { escaped: /[^\0-\x7f]/g },
  /* Go */ { escaped: /[<>&]/g },
  /* Gson */ { escaped: /[<>&='\u2028\u2029]/g },
  /* .NET */ { escaped: /["&'+<>`]|[^\0-\x7f]/g, upper: true },
];

function jsonForms(text: string): string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const forms = JSON_WRITERS.map(({ escaped, upper = false }) => {
    // .NET writes the quotation mark so too.
    const source = upper ? plain.replaceAll('\\"', '"') : plain;
    return source.replace(escaped, (unit) => `\\u${hex(unit.charCodeAt(0), 4, upper)}`);
  });
  const withSlashes = forms.map((form) => form.replaceAll("/", "\\/")); // PHP
  return [text, ...forms, ...withSlashes].map(encodeByteString);
}

/** What URL writers leave as it is, and whether a space becomes a plus sign. */
const URL_WRITERS: readonly { readonly kept: RegExp; readonly plus?: boolean }[] = [
  /* RFC 3986, section 2.3 */ { kept: /[A-Za-z0-9._~-]/ },
  /* the same, in queries */ { kept: /[A-Za-z0-9._~-]/, plus: true },
  /* encodeURIComponent */ { kept: /[A-Za-z0-9._~!*'()-]/ },
  /* application/x-www-form-urlencoded */ { kept: /[A-Za-z0-9._*-]/, plus: true },
  /* paths */ { kept: /[A-Za-z0-9._~/-]/ },
  /* paths, whose segments need less (RFC 3986, section 3.3) */ {
    kept: /[A-Za-z0-9._~/!$&'()*+,;=:@-]/,
  },
];

function urlForms(text: string): string[] {
  const bytes = [...encodeByteString(text)];
  return URL_WRITERS.flatMap(({ kept, plus = false }) =>
    [true, false].map((upper) =>
      bytes.map((byte) => {
        if (kept.test(byte)) return byte;
        return plus && byte === " " ? "+" : `%${hex(byte.charCodeAt(0), 2, upper)}`;
      }).join("")
    )
  );
}

/**
 * What base64 has of the text wherever it begins in a group of three bytes: the characters that the
 * text alone decides, in both alphabets (RFC 4648, sections 4 and 5).
 */
function base64Forms(text: string): string[] {
  const bytes = encodeByteString(text);
  return [0, 1, 2].flatMap((before) => {
    const encoded = btoa("\0".repeat(before) + bytes);
    const start = Math.ceil(before * 8 / 6);
    const form = encoded.slice(start, Math.floor((before + bytes.length) * 8 / 6));
    return [form, form.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

function hex(value: number, digits: number, upper: boolean): string {
  const text = value.toString(16).padStart(digits, "0");
  return upper ? text.toUpperCase() : text;
}
