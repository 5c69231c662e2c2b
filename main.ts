/**
 * The `authsome` program: hands the computer and the bundled definitions to the command line, and
 * exits with what it says.
 *
 * @module
 */

import manifest from "./deno.json" with { type: "json" };
import { parseCommandLine } from "./lib/cli/arguments.ts";
import { runCommandLine } from "./lib/cli/dispatch.ts";
import { createOutput } from "./lib/cli/output.ts";
import { openSystem, OutputClosed } from "./lib/cli/system.ts";
import { BUNDLED } from "./providers/mod.ts";

/** What a shell reports for a program that SIGPIPE ended. */
const CLOSED_PIPE_STATUS = 141;

/**
 * Our own TLS trusts what the system trusts. The runtime would let SSL_CERT_FILE replace the system's
 * roots; for us it adds to them, so it is read where connections are made, and hidden here.
 */
function trustSystemRoots(): void {
  Deno.env.set("DENO_TLS_CA_STORE", "system");
  Deno.env.delete("SSL_CERT_FILE");
  Deno.env.delete("SSL_CERT_DIR");
}

async function main(): Promise<number> {
  const system = openSystem({ version: manifest.version, bundled: BUNDLED });
  trustSystemRoots();
  const line = parseCommandLine(Deno.args);
  const output = createOutput(system, line.globals);
  try {
    return await runCommandLine(line, { system, output, globals: line.globals });
  } catch (error) {
    if (error instanceof OutputClosed) throw error;
    return output.failure(error);
  }
}

try {
  Deno.exit(await main());
} catch (error) {
  if (!(error instanceof OutputClosed)) throw error;
  Deno.exit(CLOSED_PIPE_STATUS);
}
