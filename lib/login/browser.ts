/**
 * Opens the person's browser, and tells whether there is one to open.
 *
 * @module
 */

/** Operating systems as `Deno.build.os` names them. */
export type OperatingSystem = typeof Deno.build.os;

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Starts a program that outlives us, without a terminal.
 *
 * @throws if it cannot be started, for instance because it does not exist
 */
export type Spawn = (program: string, args: readonly string[]) => void;

/** What {@link openBrowser} needs to know. */
export interface BrowserOptions {
  readonly os: OperatingSystem;
  readonly spawn: Spawn;
}

/**
 * Whether a browser can be expected to open where the person sits: on macOS and Windows unless the
 * session came over SSH, elsewhere if an X11 or Wayland display is named; never under CI.
 */
export function hasDisplay(env: Environment, os: OperatingSystem): boolean {
  if (isSet(env.CI)) return false;
  if (os === "darwin" || os === "windows") {
    return !isSet(env.SSH_CONNECTION) && !isSet(env.SSH_TTY);
  }
  return isSet(env.DISPLAY) || isSet(env.WAYLAND_DISPLAY);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

/**
 * Opens `address` in the default browser and does not wait for it.
 *
 * @returns whether a program that opens addresses could be started
 * @throws {TypeError} if `address` is not an http or https URL
 */
export function openBrowser(address: string, { os, spawn }: BrowserOptions): boolean {
  const url = new URL(address);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`Browsers open web addresses only, not ${url.protocol}`);
  }
  return openers(os).some(([program, ...args]) =>
    starts(() => spawn(program, [...args, url.href]))
  );
}

/**
 * Programs to try in turn. None of them is a shell, so nothing in an address can be a command:
 * `cmd /c start` would read its `&` as one.
 */
function openers(os: OperatingSystem): readonly (readonly [string, ...string[]])[] {
  switch (os) {
    case "darwin":
      return [["open"]];
    case "windows":
      return [["rundll32", "url.dll,FileProtocolHandler"]];
    default:
      return [["xdg-open"], ["wslview"], ["sensible-browser"]];
  }
}

function starts(start: () => void): boolean {
  try {
    start();
    return true;
  } catch {
    return false;
  }
}

/** Variables of ours that a browser must not inherit. */
const OWN_SECRETS = ["AUTHSOME_MASTER_KEY", "AUTHSOME_PASSPHRASE"];

/** A {@link Spawn} whose programs get `env` without authsome's own secrets, and no streams. */
export function createSpawn(env: Environment): Spawn {
  const entries = Object.entries(env).filter((entry): entry is [string, string] =>
    entry[1] !== undefined && !OWN_SECRETS.includes(entry[0])
  );
  return (program, args) => {
    const command = new Deno.Command(program, {
      args: [...args],
      clearEnv: true,
      env: Object.fromEntries(entries),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    command.spawn().unref();
  };
}
