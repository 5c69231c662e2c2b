/**
 * Names of environment variables that a definition may read or set.
 *
 * @module
 */

const VARIABLE = /^[A-Z_][A-Z0-9_]{0,127}$/;

/**
 * Variables that steer the shell, the loader, an interpreter, TLS or this program itself. A
 * definition that sets one in a child could run code there or break its trust; one that reads one
 * could take a secret that is not its own.
 */
const RESERVED = new RegExp(
  "^(?:" + [
    "AUTHSOME_.*",
    ".*_PROXY|PROXY",
    "(?:LD|DYLD|GIT|XDG|NPM_CONFIG|PIP|BASH|LC)_.*",
    "(?:SSL_CERT|CURL_CA|NIX_SSL|NODE_USE|NODE_EXTRA|NODE_TLS|NODE_V8)_.*",
    ".*_CA_BUNDLE|.*_CACERTS?|.*_CERT_(?:FILE|DIR)|PERLLIB|DENO_(?:CERT|DIR|TLS_CA_STORE)",
    "(?:PYTHON|PERL5)[A-Z]*|RUBY(?:OPT|LIB|PATH|SHELL)|NODE_(?:PATH|DEBUG|ENV)",
    "(?:JAVA_TOOL|_JAVA|JDK_JAVA|NODE)_OPTIONS|CLASSPATH",
    "PATH|PATHEXT|HOME|USER|LOGNAME|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA",
    "SHELL|SHELLOPTS|ENV|IFS|CDPATH|PROMPT_COMMAND|PS[0-4]|TERM|TERMINFO|LANG|LANGUAGE|TZ",
    "PWD|OLDPWD|TMPDIR|TEMP|TMP|DISPLAY|WAYLAND_DISPLAY|EDITOR|VISUAL|PAGER|BROWSER|LESSOPEN",
    "COMSPEC|SYSTEMROOT|SYSTEMDRIVE|WINDIR|PSMODULEPATH|SSH_.*|GPG_.*|DBUS_.*|CI",
  ].join("|") + ")$",
);

/** Why a definition may not use the variable, or `undefined` if it may. */
export function refuseVariable(name: string): string | undefined {
  if (!VARIABLE.test(name)) return "is not an upper-case environment variable name";
  if (RESERVED.test(name)) return "is a variable that no provider may use";
  return undefined;
}
