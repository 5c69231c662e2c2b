/**
 * `authsome rekey`: a new master key.
 *
 * @module
 */

import { rekeyVault } from "../../broker/relock.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export async function run(_input: InputOf<"rekey">, session: Session): Promise<number> {
  using broker = openCommandBroker(session);
  const { to, sealed } = await rekeyVault(broker);
  session.output.success(
    { key_source: to, sealed },
    `The vault has a new key (${to}). Secrets sealed anew: ${sealed}.`,
  );
  return 0;
}
