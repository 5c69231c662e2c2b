/**
 * `authsome set-default`: chooses the connection that is used when none is named.
 *
 * @module
 */

import { setDefaultConnection } from "../../broker/connections.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export function run({ positionals }: InputOf<"set-default">, session: Session): number {
  using broker = openCommandBroker(session);
  const { provider, connection_name: connection } = setDefaultConnection(broker, positionals);
  session.output.success(
    { provider, connection },
    `${provider} now uses ${connection} when no connection is named.`,
  );
  return 0;
}
