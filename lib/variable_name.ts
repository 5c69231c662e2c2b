/**
 * Names of environment variables that a definition may read or set.
 *
 * Some variables steer the shell, the loader, an interpreter, TLS or this program itself. A
 * definition that sets one in a child could run code there or break its trust; one that reads one
 * could take a secret that is not its own.
 *
 * @module
 */

const VARIABLE = /^[A-Z_][A-Z0-9_]{0,127}$/;

const RESERVED: ReadonlySet<string> = new Set(
  ("PATH PATHEXT HOME USER LOGNAME SHELL SHELLOPTS ENV IFS CDPATH PROMPT_COMMAND PS0 PS1 PS2 PS3 " +
    "PS4 TERM TERMINFO LANG LANGUAGE TZ PWD OLDPWD TMPDIR TEMP TMP DISPLAY WAYLAND_DISPLAY CI " +
    "PROXY EDITOR VISUAL PAGER LESSOPEN BROWSER COMSPEC SYSTEMROOT SYSTEMDRIVE WINDIR " +
    "USERPROFILE HOMEDRIVE HOMEPATH APPDATA LOCALAPPDATA PSMODULEPATH NODE_OPTIONS NODE_PATH " +
    "NODE_DEBUG NODE_ENV DENO_CERT DENO_DIR DENO_TLS_CA_STORE JAVA_TOOL_OPTIONS _JAVA_OPTIONS " +
    "JDK_JAVA_OPTIONS CLASSPATH PERLLIB RUBYOPT RUBYLIB RUBYPATH RUBYSHELL").split(" "),
);

const RESERVED_PREFIXES: readonly string[] =
  ("AUTHSOME_ LD_ DYLD_ GIT_ XDG_ NPM_CONFIG_ PIP_ BASH_ LC_ SSH_ GPG_ DBUS_ SSL_CERT_ CURL_CA_ " +
    "NIX_SSL_ NODE_USE_ NODE_EXTRA_ NODE_TLS_ NODE_V8_").split(" ");

const RESERVED_SUFFIXES: readonly string[] =
  "_PROXY _CA_BUNDLE _CACERT _CACERTS _CERT_FILE _CERT_DIR".split(" ");

/** `PYTHONPATH`, `PERL5OPT` and their kind, which are many and have no underscore. */
const RESERVED_FAMILY = /^(?:PYTHON|PERL5)[A-Z]*$/;

/** Why a definition may not use the variable, or `undefined` if it may. */
export function refuseVariable(name: string): string | undefined {
  if (!VARIABLE.test(name)) return "is not an upper-case environment variable name";
  const reserved = RESERVED.has(name) || RESERVED_FAMILY.test(name) ||
    RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) ||
    RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix));
  return reserved ? "is a variable that no provider may use" : undefined;
}
