/**
 * `authsome export`: prints credentials for tools that cannot use the proxy.
 *
 * @module
 */

import { exportCredentials } from "../../broker/export.ts";
import { EXPORT_FORMATS, formatExport } from "../../broker/export_format.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export async function run(
  { positionals, flags }: InputOf<"export">,
  session: Session,
): Promise<number> {
  const { output } = session;
  const format = EXPORT_FORMATS.find((name) => name === flags.format) ?? "env";
  using broker = openCommandBroker(session);
  const { variables, notes } = await exportCredentials(broker, {
    provider: positionals.provider,
    connection: flags.connection,
  });
  for (const note of notes) output.warn(note);
  const values = new Map([...variables].map(([name, secret]) => [name, secret.reveal()]));
  if (output.json) output.result({ credentials: Object.fromEntries(values) }, () => "");
  else output.raw(formatExport(values, format));
  return 0;
}
