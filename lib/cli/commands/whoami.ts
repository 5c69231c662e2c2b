/**
 * `authsome whoami`: the home, the profile and how the vault is locked.
 *
 * @module
 */

import { findKeyProblem, readKeyState } from "../../broker/key_state.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export function run(_input: InputOf<"whoami">, session: Session): number {
  const { output, system } = session;
  using broker = openCommandBroker(session);
  const key = readKeyState(broker);
  const facts = {
    version: system.version,
    home: broker.home.path,
    profile: broker.profile,
    key_source: key.source,
    connections: broker.vault.connections(broker.profile).length,
  };
  const label = (text: string) => ({ text, paint: output.style.dim });
  output.result(facts, () =>
    output.table([
      [label("authsome"), { text: facts.version }],
      [label("home"), { text: facts.home }],
      [label("profile"), { text: facts.profile }],
      [label("vault key"), { text: facts.key_source }],
      [label("connections"), { text: String(facts.connections) }],
    ]));
  if (!output.json && key.lockedWith !== key.source) output.note(key.sentence);
  const problem = findKeyProblem(broker, key);
  if (problem !== undefined) output.warn(`${problem.message} ${problem.hint}`);
  return 0;
}
