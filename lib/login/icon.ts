/**
 * The few drawings of the login pages, as inline SVG that takes the colour of the text around it.
 *
 * @module
 */

const STROKE = `fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" ` +
  `stroke-linejoin="round"`;

/** SVG of each drawing, 24 units square, hidden from screen readers. */
export const ICONS = {
  key:
    `<circle cx="8" cy="15.5" r="4"/><path d="m10.9 12.6 8.6-8.6"/><path d="m15.5 8 2.8 2.8"/><path d="m18.4 5.1 2.1 2.1"/>`,
  check: `<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.7 2.7L16 9.5"/>`,
  alert: `<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5"/><path d="M12 16.3v.1"/>`,
  clock: `<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.3 2"/>`,
  vault:
    `<rect x="4.5" y="10" width="15" height="10" rx="2.5"/><path d="M8 10V7.5a4 4 0 0 1 8 0V10"/>`,
  eye: `<path d="M3 12s3.2-6 9-6 9 6 9 6-3.2 6-9 6-9-6-9-6Z"/><path d="m4 20 16-16"/>`,
  page: `<path d="M7 3.5h7l4 4v13H7z"/><path d="M14 3.5v4h4"/><path d="M10 13h5M10 16.5h5"/>`,
  arrow: `<path d="M5 12h14"/><path d="m13 6 6 6-6 6"/>`,
} as const;

/** Name of one drawing. */
export type IconName = keyof typeof ICONS;

/** The whole `<svg>` element of one drawing. */
export function formatIcon(name: IconName): string {
  return `<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false" ${STROKE}>${
    ICONS[name]
  }</svg>`;
}
