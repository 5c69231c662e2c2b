/**
 * Real Chromium for tests of pages, where one is installed.
 *
 * @module
 */

// Minified: the page gets its source, and half as much of it arrives in half the time.
import axe from "axe-core/axe.min.js";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { findProgram } from "./command.ts";

/** Full path of an installed Chromium or Chrome, or `undefined`. */
export const CHROMIUM: string | undefined = ["chromium", "chromium-browser", "google-chrome"]
  .map(findProgram).find((path) => path !== undefined);

/** Quiet, alone and offline but for what a test opens. */
const ARGUMENTS = [
  "--no-sandbox", // tests may run as root, where the sandbox does not start
  "--disable-gpu",
  "--disable-software-rasterizer",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts one browser with a throw-away profile for the time of `use`. */
export async function withChromium(use: (browser: Browser) => Promise<void>): Promise<void> {
  // Without this it looks for WSL where only programs with all permissions may look.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath: CHROMIUM ?? "", args: ARGUMENTS });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

/** Opens a page in a fresh context for the time of `use`. */
export async function withPage(
  browser: Browser,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  try {
    await use(await context.newPage());
  } finally {
    await context.close();
  }
}

/** What a person may have chosen for all pages. */
const SCHEMES = ["light", "dark"] as const;

/** What axe-core finds wrong with the page in light and in dark colours, one line each. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const faults: string[] = [];
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    faults.push(...(await findFaults(page)).map((fault) => `${colorScheme}: ${fault}`));
  }
  return faults;
}

function findFaults(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}

/**
 * Keeps pictures of the page, in light and in dark colours, in the folder that `SCREENSHOTS` names,
 * for people to look at; nothing otherwise.
 */
export async function takePicture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SCREENSHOTS");
  if (folder === undefined) return;
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${folder}/${name}-${colorScheme}.png` });
  }
}
