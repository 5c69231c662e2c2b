/**
 * The least browser that gets through an authorization: cookies, redirects and one form.
 *
 * @module
 */

/** What the person answers. */
export type Decision = "allow" | "deny";

/**
 * Opens `address`, answers each form on the way, and follows redirects until one leaves for
 * `destination` or a page without a form comes.
 *
 * @returns the address it was sent away to, or that of the last page
 */
export async function browse(
  send: typeof fetch,
  address: string | URL,
  { decision, destination }: { readonly decision: Decision; readonly destination: string },
): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(address);
  let form: URLSearchParams | undefined;
  let decided = false;
  for (let steps = 0; steps < 20; steps++) {
    const response = await send(url, {
      redirect: "manual",
      headers: { cookie: [...cookies].map((pair) => pair.join("=")).join("; ") },
      ...(form !== undefined && { method: "POST", body: form }),
    });
    keepCookies(cookies, response.headers);
    const text = await response.text();
    const location = response.headers.get("location");
    form = undefined;
    if (location !== null) {
      url = new URL(location, url);
      if (url.href.startsWith(destination)) return url;
      continue;
    }
    if (decided || !text.includes("<form")) return url;
    decided = text.includes('name="decision"');
    form = fillForm(text, decision);
    url = new URL(/<form[^>]*action="([^"]+)"/.exec(text)?.[1] ?? url, url);
  }
  throw new Error(`too many steps, the last to ${url}`);
}

function keepCookies(cookies: Map<string, string>, headers: Headers): void {
  for (const line of headers.getSetCookie()) {
    const [pair = ""] = line.split(";");
    const at = pair.indexOf("=");
    cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

/** Every hidden field as it is, and the decision. */
function fillForm(text: string, decision: Decision): URLSearchParams {
  const form = new URLSearchParams({ decision });
  for (const [input] of text.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    if (name !== undefined) form.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? "");
  }
  return form;
}
