/**
 * The files that shells read when they start.
 *
 * @module
 */

import { join } from "node:path";

const PROFILES: readonly string[] = [
  ".profile",
  ".bash_profile",
  ".bash_login",
  ".bashrc",
  ".zshenv",
  ".zprofile",
  ".zshrc",
  ".zlogin",
  ".config/fish/config.fish",
  ".config/powershell/profile.ps1",
  ".config/powershell/Microsoft.PowerShell_profile.ps1",
  "Documents/PowerShell/profile.ps1",
  "Documents/PowerShell/Microsoft.PowerShell_profile.ps1",
];

/** The profiles there may be in a person's own folder. */
export function profilePaths(userFolder: string): readonly string[] {
  return PROFILES.map((path) => join(userFolder, path));
}
