/**
 * Roots that the settings files of clients name. Our variables win over those settings, so what
 * they name has to be in our bundle, or a client loses access that it has outside a run.
 *
 * @module
 */

import { join } from "node:path";

interface SettingsFile {
  /** Below the person's home if it begins with `~`. */
  readonly path: string;
  /** The setting that names a file of roots, `key = path`; matched in any case. */
  readonly key: string;
}

const SETTINGS_FILES: readonly SettingsFile[] = [
  { path: "~/.npmrc", key: "cafile" },
  { path: "/etc/npmrc", key: "cafile" },
  { path: "/usr/etc/npmrc", key: "cafile" },
  { path: "/usr/local/etc/npmrc", key: "cafile" },
  { path: "~/.gitconfig", key: "sslcainfo" },
  { path: "~/.config/git/config", key: "sslcainfo" },
  { path: "/etc/gitconfig", key: "sslcainfo" },
  { path: "~/.config/pip/pip.conf", key: "cert" },
  { path: "~/.pip/pip.conf", key: "cert" },
  { path: "~/pip/pip.ini", key: "cert" },
  { path: "/etc/pip.conf", key: "cert" },
  { path: "~/.aws/config", key: "ca_bundle" },
  { path: "~/.cargo/config.toml", key: "cainfo" },
  { path: "~/.config/gcloud/configurations/config_default", key: "custom_ca_certs_file" },
  { path: "~/.wgetrc", key: "ca_?certificate" },
];

/** The files of roots that the settings of the person with this environment name. */
export function readRootPathsInSettings(env: Readonly<Record<string, string>>): string[] {
  const home = env["HOME"] ?? env["USERPROFILE"];
  const expand = (path: string): string | undefined =>
    !path.startsWith("~/") ? path : home === undefined ? undefined : join(home, path.slice(2));
  return SETTINGS_FILES.flatMap(({ path, key }) => readValues(expand(path), key))
    .flatMap((path) => expand(path) ?? []);
}

function readValues(path: string | undefined, key: string): string[] {
  if (path === undefined) return [];
  const setting = new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*["']?([^"'\\r\\n]+)`, "gim");
  try {
    return [...Deno.readTextFileSync(path).matchAll(setting)].map((match) =>
      (match[1] ?? "").trim()
    );
  } catch {
    return [];
  }
}
