/**
 * The profile that macOS's `sandbox-exec` makes a sandbox from. Pure.
 *
 * Theory of operation: later rules win. Everything is allowed, then doors are shut: the network, of
 * which sockets of other programs are a part, but for the proxy's port; authsome's home but for the
 * run's folder; keychains and the services that open them; other processes; and every way to have
 * something done by a program outside. macOS has no network namespaces: servers that the child starts
 * itself cannot be reached by it, since every local port might be somebody else's.
 *
 * @module
 */

import { foldersAround } from "./folders_around.ts";

/** Every path is absolute, without symbolic links: the kernel compares real paths. */
export interface SeatbeltPlan {
  /** Of the proxy, on loopback. */
  readonly proxyPort: number;
  /** authsome's home. */
  readonly home: string;
  /** The run's folder in it; readable. */
  readonly runFolder: string;
  /** The user's home. */
  readonly userHome: string | undefined;
  /** A file with the master key. */
  readonly keyFile: string | undefined;
  /** authsome's own program. */
  readonly program: string;
}

/** What runs code at the next login or in the next shell, relative to the user's home. */
const START_UP_FILES = [
  ...[".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".profile"],
  ...[".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".config/fish", ".ssh"],
  ...["Library/LaunchAgents", "Library/Application Scripts"],
];

/** Services that open keychains, and services that start programs outside the sandbox. */
const SERVICES = [
  ...["com.apple.SecurityServer", "com.apple.securityd", "com.apple.securityd.xpc"],
  ...["com.apple.securityd.general", "com.apple.secd", "com.apple.ctkd.token-client"],
  ...["com.apple.coreservices.launchservicesd", "com.apple.coreservices.quarantine-resolver"],
  ...["com.apple.coreservices.appleevents", "com.apple.pasteboard.1", "com.apple.tccd"],
];

/** The profile, for `sandbox-exec -p`. */
export function formatSeatbeltProfile(plan: SeatbeltPlan): string {
  const { home, userHome, keyFile, program } = plan;
  const startUp = userHome === undefined ? [] : START_UP_FILES.map((name) => `${userHome}/${name}`);
  const rules = [
    "(version 1)",
    "(allow default)",
    "(deny network*)",
    `(allow network-outbound (remote ip "localhost:${plan.proxyPort}"))`,
    '(allow network-bind network-inbound (local ip "localhost:*"))',
    "(deny process-info* (target others))",
    "(deny signal (target others))",
    "(allow signal process-info* (target same-sandbox))",
    "(deny mach-priv-task-port)",
    "(deny appleevent-send)",
    "(deny job-creation)",
    "(deny lsopen)",
    `(deny mach-lookup ${SERVICES.map((name) => `(global-name ${quote(name)})`).join(" ")})`,
    deny("file-read* file-write*", subpath(home)),
    `(allow file-read* ${subpath(plan.runFolder)})`,
    deny("file-read* file-write*", subpath("/Library/Keychains")),
    deny("file-write*", `(literal ${quote(program)})`),
    ...keyFile === undefined ? [] : [deny("file-read* file-write*", `(literal ${quote(keyFile)})`)],
    ...userHome === undefined ? [] : [
      deny("file-read* file-write*", subpath(`${userHome}/Library/Keychains`)),
      ...startUp.map((path) => deny("file-write*", subpath(path))),
    ],
    // Whoever could move one of these aside could make another, or read what is below elsewhere.
    ...foldersAround([home, program, ...keyFile === undefined ? [] : [keyFile], ...startUp])
      .map((path) => deny("file-write-unlink", `(literal ${quote(path)})`)),
  ];
  return rules.join("\n") + "\n";
}

function deny(operations: string, filter: string): string {
  return `(deny ${operations} ${filter})`;
}

function subpath(path: string): string {
  return `(subpath ${quote(path)})`;
}

/** A string of the profile's language. */
function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
