/**
 * `authsome inspect`: prints a provider's definition, ready to be changed.
 *
 * @module
 */

import { inspectProvider } from "../../broker/inspection.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";
import { formatJson } from "../text.ts";

/** Runs the command. */
export function run({ positionals, flags }: InputOf<"inspect">, session: Session): number {
  const { output, system } = session;
  using broker = openCommandBroker(session);
  const { source, definition, connections } = inspectProvider(
    broker,
    positionals.provider,
    system.bundled,
  );
  output.result({ source, definition, connections }, () => {
    const text = `${formatJson(definition)}\n`;
    if (!flags.connections) return text;
    const rows = connections.map(({ name, status, ...connection }) => [
      { text: connection.default ? `${name} *` : name },
      { text: status },
      { text: connection.expires_at ?? "never expires" },
    ]);
    return `${text}\n${rows.length === 0 ? "No connections.\n" : output.table(rows)}`;
  });
  return 0;
}
