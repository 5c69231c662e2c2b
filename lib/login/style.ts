/**
 * The one look of every login page: a quiet card on a soft ground, light or dark as the system is.
 *
 * @module
 */

/** Style sheet of all pages. Colours pass WCAG AA in both schemes; nothing is loaded. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f4f5f7;
  --glow: #e3ebe8;
  --card: #ffffff;
  --line: #dfe3e8;
  --edge: #828b98;
  --text: #171c24;
  --soft: #56606e;
  --accent: #0b6b57;
  --accent-strong: #085445;
  --on-accent: #ffffff;
  --tint: #e5f3ee;
  --danger: #b3261e;
  --danger-tint: #fcedeb;
  --warn: #8a5300;
  --warn-tint: #fdf3e0;
  --shadow: 0 1px 2px rgb(16 24 40 / 6%), 0 16px 40px -16px rgb(16 24 40 / 18%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1216;
    --glow: #12211d;
    --card: #171c22;
    --line: #2a323b;
    --edge: #737f8d;
    --text: #eef1f4;
    --soft: #a3aebb;
    --accent: #54cfae;
    --accent-strong: #7ae0c4;
    --on-accent: #04241c;
    --tint: #143029;
    --danger: #ff9a90;
    --danger-tint: #3a1b1a;
    --warn: #f2be6b;
    --warn-tint: #33270f;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 24px 48px -20px rgb(0 0 0 / 60%);
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  min-height: 100vh;
  min-height: 100dvh;
  display: flex;
  flex-direction: column;
  align-items: center;
  justify-content: center;
  gap: 20px;
  padding: 32px 16px;
  background: radial-gradient(60rem 32rem at 50% -8rem, var(--glow), transparent) var(--ground);
  color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", sans-serif;
  overflow-wrap: break-word;
}
.card {
  width: 100%;
  max-width: 30rem;
  padding: 36px;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 18px;
  box-shadow: var(--shadow);
}
.brand { display: flex; align-items: center; justify-content: space-between; margin-bottom: 22px; }
.brand span { color: var(--soft); font-size: .875rem; font-weight: 600; letter-spacing: .01em; }
.mark {
  display: grid;
  place-items: center;
  width: 48px;
  height: 48px;
  border-radius: 14px;
  background: var(--tint);
  color: var(--accent);
}
.mark svg { width: 27px; height: 27px; }
.danger .mark { background: var(--danger-tint); color: var(--danger); }
.warn .mark { background: var(--warn-tint); color: var(--warn); }
h1, h2 { margin: 0 0 6px; font-size: 1.5rem; line-height: 1.25; letter-spacing: -0.015em; font-weight: 650; text-wrap: balance; }
p { margin: 0 0 12px; }
.lead { color: var(--soft); }
.lead strong { color: var(--text); font-weight: 600; }
.field { margin-top: 24px; }
.name { display: block; margin-bottom: 6px; font-size: .9375rem; font-weight: 600; }
.entry {
  display: block;
  width: 100%;
  min-height: 48px;
  padding: 11px 14px;
  border: 1px solid var(--edge);
  border-radius: 10px;
  background: var(--card);
  color: inherit;
  font: 15px/1.5 ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
.entry[aria-invalid="true"] { border-color: var(--danger); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.entry:focus-visible { outline-offset: 0; border-color: transparent; }
.hint { margin: 8px 0 0; color: var(--soft); font-size: .875rem; }
.reveal { display: inline-flex; align-items: center; gap: 8px; margin-top: 12px; font-size: .875rem; cursor: pointer; }
.reveal[hidden] { display: none; }
.reveal input { width: 18px; height: 18px; margin: 0; accent-color: var(--accent); }
button, .button {
  display: block;
  width: 100%;
  min-height: 48px;
  margin-top: 24px;
  padding: 11px 20px;
  border: 0;
  border-radius: 10px;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
button:hover, .button:hover { background: var(--accent-strong); }
form + form button { margin-top: 12px; background: var(--tint); color: var(--accent); }
button:disabled { opacity: .65; cursor: progress; }
.copy { display: flex; gap: 8px; }
.copy .entry { font-size: .8125rem; line-height: 24px; border-color: var(--line); background: var(--ground); user-select: all; }
.copy button { width: auto; margin: 0; padding: 11px 16px; background: var(--tint); color: var(--accent); }
.copy[data-plain] button { display: none; }
a { color: var(--accent); text-underline-offset: 3px; }
.notice { margin: 20px 0 0; padding: 12px 16px; border-radius: 10px; background: var(--danger-tint); font-size: .9375rem; }
.notice strong { display: block; color: var(--danger); font-weight: 600; }
.facts { margin: 24px 0 0; padding: 20px 0 0; border-top: 1px solid var(--line); list-style: none; color: var(--soft); font-size: .875rem; }
.facts li { display: flex; gap: 10px; }
.facts li + li { margin-top: 10px; }
.facts svg { flex: none; width: 18px; height: 18px; margin-top: 2px; color: var(--accent); }
code { font-family: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .9em; overflow-wrap: anywhere; }
.facts code { color: var(--text); }
.command { display: block; margin-top: 20px; padding: 12px 16px; border-radius: 10px; background: var(--ground); border: 1px solid var(--line); font-size: .875rem; line-height: 1.55; }
footer { max-width: 30rem; color: var(--soft); font-size: .8125rem; text-align: center; }
footer span { display: inline-block; }
.late { visibility: hidden; position: absolute; inset: 0; display: grid; place-items: center; padding: 32px 16px; background: inherit; }
@media (max-width: 30rem) { .card { padding: 28px 22px; border-radius: 16px; } }
@media (forced-colors: active) { .card, button, .button, .mark { border: 1px solid; } }
@media print { .late { display: none; } }
`;

/**
 * Shows the element of class `late` once the page's life is over, without a script.
 *
 * @param seconds until then, from the moment the page is loaded
 */
export function formatExpiryStyle(seconds: number): string {
  const delay = Math.max(0, Math.round(seconds));
  return `.late { animation: late 1ms ${delay}s forwards; } @keyframes late { to { visibility: visible; } }`;
}
