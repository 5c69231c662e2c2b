/**
 * Texts of the settings files for clients that take no roots from the environment.
 *
 * @module
 */

/** wget commands that would win over the child's environment (wget ignores `-` and `_` in names). */
const WGET_OVERRIDES =
  /^\s*(?:https?_?proxy|no_?proxy|use_?proxy|proxy_?(?:user|passw(?:or)?d)|ca_?certificate)\s*=/i;

/**
 * The wget settings of the person who starts the run, with our roots in place of theirs. Their
 * proxy commands are left out: those would win over the environment.
 *
 * @param own Text of their file; empty if they have none.
 * @param bundlePath File of every root to trust.
 */
export function formatWgetrc(own: string, bundlePath: string): string {
  const kept = own.split(/\r?\n/).filter((line) =>
    line !== "" && !WGET_OVERRIDES.test(line.replaceAll("-", "_"))
  );
  return [...kept, `ca_certificate = ${bundlePath}`, ""].join("\n");
}

/** PHP settings with our roots, for the curl extension and for streams. */
export function formatPhpIni(bundlePath: string): string {
  // Raw inside single quotes; inside double quotes `\` and `${` would be read.
  const value = bundlePath.includes("'") ? `"${bundlePath}"` : `'${bundlePath}'`;
  return `curl.cainfo = ${value}\nopenssl.cafile = ${value}\n`;
}
