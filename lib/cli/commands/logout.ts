/**
 * `authsome logout`: removes one connection.
 *
 * @module
 */

import { logout } from "../../broker/removal.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export function run({ positionals, flags }: InputOf<"logout">, session: Session): number {
  using broker = openCommandBroker(session);
  const { provider, connection } = logout(broker, {
    provider: positionals.provider,
    connection: flags.connection,
  });
  session.output.success({ provider, connection }, `Logged out of ${provider} (${connection}).`);
  return 0;
}
