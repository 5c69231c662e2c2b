/**
 * `deno task coverage`: runs the proxy's tests and shows how many lines of each file they reach. Ends
 * with status 1 if a file has less than {@link WANTED} percent, unless it is one of {@link SHELL}.
 *
 * @module
 */

import { join, relative } from "node:path";
import { runCommand } from "./support/command.ts";

/** Percent of the lines. */
const WANTED = 95;

/** Files that move bytes between sockets: other tests reach them, with real programs. */
const SHELL: ReadonlySet<string> = new Set([
  "http1/request_sender.ts",
  "http2/upstreams.ts",
  "stream/tls_termination.ts",
]);

/** Tests whose point is another program. */
const SLOW = ["http2/h2spec", "http2/clients", "websocket"];

const ROOT = join(import.meta.dirname ?? ".", "..");
const PERMISSIONS = ["read", "write", "net", "env", "run", "sys"].map((name) => `--allow-${name}`);

async function deno(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand([Deno.execPath(), ...args], { cwd: ROOT });
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`);
  return stdout;
}

/** Lines that can be reached and lines that were, by file, from a report in lcov's form. */
function readReport(report: string): Map<string, readonly [reached: number, lines: number]> {
  const files = new Map<string, readonly [number, number]>();
  for (const record of report.split("end_of_record")) {
    const file = /^SF:(.*)$/m.exec(record)?.[1];
    const counts = [...record.matchAll(/^DA:\d+,(\d+)/gm)].map((match) => Number(match[1]));
    if (file !== undefined) {
      files.set(relative(join(ROOT, "lib", "proxy"), file), [
        counts.filter((count) => count > 0).length,
        counts.length,
      ]);
    }
  }
  return files;
}

const folder = await Deno.makeTempDir({ prefix: "authsome-coverage-" });
try {
  const ignored = SLOW.map((name) => `tests/proxy/${name}_test.ts`).join(",");
  await deno([
    ...["test", "--config", "tests/deno.json", "--frozen", "--no-check", "--no-prompt", "--quiet"],
    ...["--parallel", `--coverage=${folder}`, "--coverage-raw-data-only", `--ignore=${ignored}`],
    ...PERMISSIONS,
    ...["tests/proxy", "tests/fuzz"],
  ]);
  const report = readReport(await deno(["coverage", "--lcov", "--include=lib/proxy/", folder]));
  for (const [file, [reached, lines]] of [...report].sort()) {
    const percent = 100 * reached / lines;
    const verdict = percent >= WANTED ? "" : SHELL.has(file) ? "shell" : "TOO LITTLE";
    if (verdict === "TOO LITTLE") Deno.exitCode = 1;
    const line = `${file.padEnd(32)} ${percent.toFixed(1).padStart(6)} %  ${verdict}`;
    Deno.stdout.writeSync(new TextEncoder().encode(`${line.trimEnd()}\n`));
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
