import assert from "node:assert/strict";
import { type FormPage, formPage, messagePage } from "../../lib/login/page.ts";
import { KEY_FORM } from "../support/login.ts";

const RESPONSE = { action: "/login/secret", nonce: "n0nce", secondsLeft: 300 };
const HOSTILE = `"><script>alert(1)</script>&'`;

async function render(page: FormPage): Promise<string> {
  return String(await formPage(page, RESPONSE));
}

Deno.test("the form names provider, connection, vault and where to get a key", async () => {
  const text = await render({ ...KEY_FORM, connection: "work" });
  for (const part of ["Connect OpenAI", "<strong>work</strong>", "<code>~/.authsome</code>"]) {
    assert.ok(text.includes(part), part);
  }
  assert.match(
    text,
    /href="https:\/\/platform\.openai\.com\/api-keys"[^>]*rel="noreferrer noopener"/,
  );
});

Deno.test("every text of the form is escaped", async () => {
  const text = await render({
    providerName: HOSTILE,
    connection: HOSTILE,
    vault: HOSTILE,
    docs: `https://example.com/${HOSTILE}`,
    fields: [{ name: HOSTILE, label: HOSTILE, masked: false, hint: HOSTILE }],
  });
  assert.ok(!text.includes("alert(1)</script>"));
  assert.ok(!text.includes(`"><script`));
  assert.ok(text.includes("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;"));
});

Deno.test("every text of a message is escaped", async () => {
  const message = { title: HOSTILE, text: HOSTILE, command: HOSTILE };
  const text = String(
    await messagePage({ tone: "danger", icon: "alert", ...message }, RESPONSE.nonce),
  );
  assert.ok(!text.includes("<script>"));
  assert.equal(text.split("&lt;script&gt;").length, 1 + 4); // the title is shown twice
});

Deno.test("only web addresses become links", async () => {
  for (
    const docs of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "not a URL"]
  ) {
    assert.ok(!(await render({ ...KEY_FORM, docs })).includes("<a "), docs);
  }
});

Deno.test("inputs are masked as asked, labelled, described, and not remembered", async () => {
  const text = await render({
    ...KEY_FORM,
    fields: [
      { name: "id", label: "Client ID", masked: false },
      { name: "secret", label: "Client secret", masked: true, hint: "Keep it." },
    ],
  });
  const [id = "", secret = ""] = [...text.matchAll(/<input class="entry"[^>]*>/g)].map(String);
  assert.match(id, /id="field-id" name="id" type="text"/);
  assert.match(id, /autofocus/);
  assert.match(secret, /id="field-secret" name="secret" type="password"/);
  assert.match(secret, /aria-describedby="field-secret-hint"/);
  assert.ok(!secret.includes("autofocus"));
  for (const input of [id, secret]) assert.match(input, /autocomplete="off"/);
  for (const name of ["id", "secret"]) assert.ok(text.includes(`for="field-${name}"`));
});

Deno.test("a page loads nothing from anywhere", async () => {
  const text = await render(KEY_FORM);
  assert.ok(!/\bsrc=|@import|url\(|<link rel="(?!icon" href="data:,")/.test(text));
});

Deno.test("a message page has no form and only tidies its address", async () => {
  const message = { tone: "calm", icon: "check", title: "Done", text: "Go on." } as const;
  const text = String(await messagePage(message, RESPONSE.nonce));
  assert.ok(!/<form|<input/.test(text));
  assert.equal(text.split("<script").length, 2);
  assert.ok(text.includes("history.replaceState"));
  assert.match(text, /role="status"/);
});

Deno.test("a form page shows its end by itself when its time is over", async () => {
  assert.match(await render(KEY_FORM), /animation: late 1ms 300s forwards/);
});
