/**
 * Which requests the login pages refuse before looking at them: other hosts (DNS rebinding), other
 * origins (cross-site forms), other encodings.
 *
 * @module
 */

import type { RefusalName } from "./message.ts";

/**
 * Checks where a request was sent to. A page of another site that makes its own name resolve to
 * loopback still sends that name.
 *
 * @param port the port we listen on
 */
export function refuseHost(headers: Headers, port: number): RefusalName | undefined {
  const host = headers.get("host");
  return host === `127.0.0.1:${port}` || host === `localhost:${port}` ? undefined : "host";
}

/**
 * Checks who sent a form and how it is encoded. Call it after {@link refuseHost}.
 *
 * Browsers send `Origin` with every form they post (Fetch standard), so a request without one comes
 * from a program of this computer that was told the secret path.
 */
export function refuseForm(headers: Headers): RefusalName | undefined {
  const origin = headers.get("origin");
  if (origin !== null && origin !== `http://${headers.get("host")}`) return "origin";
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") return "origin";
  const [type = ""] = (headers.get("content-type") ?? "").split(";");
  return type.trim().toLowerCase() === "application/x-www-form-urlencoded" ? undefined : "type";
}

/**
 * Checks how the browser came back from an authorization server. It navigates there, a whole window
 * at a time: such a request has no `Origin` (Fetch standard). A script or frame of a page has one,
 * or says in `Sec-Fetch-Dest` that it is no document.
 */
export function refuseCallback(headers: Headers): RefusalName | undefined {
  const origin = headers.get("origin");
  if (origin !== null && origin !== `http://${headers.get("host")}`) return "origin";
  const destination = headers.get("sec-fetch-dest");
  return destination === null || destination === "document" ? undefined : "origin";
}

/** Headers of every response. */
export function securityHeaders(nonce: string): Readonly<Record<string, string>> {
  return {
    "content-security-policy": [
      "default-src 'none'",
      `style-src 'nonce-${nonce}'`,
      `script-src 'nonce-${nonce}'`,
      "img-src data:",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join("; "),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
  };
}
