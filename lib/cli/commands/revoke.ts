/**
 * `authsome revoke`: revokes a credential at its provider where it can, then removes it.
 *
 * @module
 */

import { revoke } from "../../broker/removal.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export function run({ positionals, flags }: InputOf<"revoke">, session: Session): number {
  using broker = openCommandBroker(session);
  const { provider, connection, revoked, docs } = revoke(broker, {
    provider: positionals.provider,
    connection: flags.connection,
  });
  const where = docs === undefined ? "at the provider" : `at ${docs}`;
  if (!revoked) session.output.note(`The key itself stays valid. To end it, delete it ${where}`);
  session.output.success(
    { provider, connection, revoked },
    revoked ? `Revoked ${provider} (${connection}).` : `Removed ${provider} (${connection}).`,
  );
  return 0;
}
