/**
 * Variables as text for shells and other readers. Whatever a value holds, it comes out as data.
 *
 * @module
 */

/** Who reads the text. */
export const EXPORT_FORMATS = ["env", "shell", "dotenv", "json", "fish", "powershell"] as const;

/** One of {@link EXPORT_FORMATS}; `shell` is another name for `env`. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

/** One line for each variable, or one JSON object. */
export function formatExport(
  variables: ReadonlyMap<string, string>,
  format: ExportFormat,
): string {
  if (format === "json") return `${JSON.stringify(Object.fromEntries(variables), null, 2)}\n`;
  const lines = [...variables].map(([name, value]) => formatVariable(name, value, format));
  return lines.map((line) => `${line}\n`).join("");
}

function formatVariable(
  name: string,
  value: string,
  format: Exclude<ExportFormat, "json">,
): string {
  switch (format) {
    case "env":
    case "shell":
      return `export ${name}=${quoteForShell(value)}`;
    case "dotenv":
      return `${name}=${quoteForDotenv(value)}`;
    case "fish":
      return `set -gx ${name} ${quoteForFish(value)}`;
    case "powershell":
      return `$env:${name} = ${quoteForPowerShell(value)}`;
    default:
      return format satisfies never;
  }
}

/** Characters that no shell and no dotenv reader treats specially inside a word. */
const PLAIN = /^[A-Za-z0-9_./:@%+,-]+$/;

/** POSIX.1-2017, XCU 2.2.2: between single quotes everything but a single quote is literal. */
function quoteForShell(value: string): string {
  return PLAIN.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/**
 * There is no standard. All readers take single quotes literally; a value that holds one, or a line
 * break, needs double quotes, in which they differ: the escapes are those of shells.
 */
function quoteForDotenv(value: string): string {
  if (PLAIN.test(value)) return value;
  if (!/['\n\r]/.test(value)) return `'${value}'`;
  const escaped = value.replace(/[\\"$`]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `"${escaped}"`;
}

/** fish, "Quotes": in single quotes only `\'` and `\\` are escapes. */
function quoteForFish(value: string): string {
  return PLAIN.test(value) ? value : `'${value.replace(/[\\']/g, "\\$&")}'`;
}

/** PowerShell, about_Quoting_Rules: a quote is doubled; typographic quotes count as quotes too. */
function quoteForPowerShell(value: string): string {
  return `'${value.replace(/['\u2018\u2019\u201a\u201b]/g, "$&$&")}'`;
}
