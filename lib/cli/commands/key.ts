/**
 * `authsome key`: what the vault is locked with, and how to lock it with something else.
 *
 * @module
 */

import { readKeyState } from "../../broker/key_state.ts";
import { lockVault } from "../../broker/relock.ts";
import { AuthsomeError } from "../../errors.ts";
import { KEY_SOURCES } from "../../vault/key_source.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export async function run(
  { positionals: { action, source } }: InputOf<"key">,
  session: Session,
): Promise<number> {
  const { output } = session;
  using broker = openCommandBroker(session);
  if (action === "status") {
    const state = readKeyState(broker);
    const key_source = state.lockedWith ?? state.source;
    output.result({ key_source }, () => `${key_source}\n`);
    if (state.lockedWith !== state.source && !output.json) output.note(state.sentence);
    return 0;
  }
  const wanted = KEY_SOURCES.find((name) => name === source);
  if (wanted === undefined) {
    throw new AuthsomeError("usage", "Name what the vault is to be locked with.", {
      hint: `One of: ${KEY_SOURCES.join(", ")}`,
    });
  }
  const { to } = await lockVault(broker, wanted);
  output.success({ key_source: to }, `The vault is now locked with ${to}.`);
  return 0;
}
