/**
 * The scripts of the login pages, inlined under a nonce. Everything works without them.
 *
 * @module
 */

/** Shows a masked field on request, copies a text, and keeps a form from being sent twice. */
export const SCRIPT = `
for (const box of document.querySelectorAll("[data-reveals]")) {
  const field = document.getElementById(box.dataset.reveals);
  box.closest("label").hidden = false;
  box.addEventListener("change", () => { field.type = box.checked ? "text" : "password"; });
}
for (const row of document.querySelectorAll("[data-plain]")) {
  const [text, button] = [row.querySelector("code"), row.querySelector("button")];
  delete row.dataset.plain;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
  });
}
for (const form of document.forms) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button[type=submit]");
    button.textContent = button.dataset.busy;
    button.disabled = true;
  });
}
`;

/** Keeps what an authorization server put into the address out of the browser's history. */
export const CLEAN_ADDRESS =
  `if (location.search) history.replaceState(null, "", location.pathname);`;
