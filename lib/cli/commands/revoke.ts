/**
 * `authsome revoke`: revokes a credential at its provider where it can, then removes it.
 *
 * @module
 */

import { revoke, revokeAll, type RevokedConnection } from "../../broker/revocation.ts";
import { AuthsomeError, ERROR_MEANINGS } from "../../errors.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the command; with the status of what went wrong if a provider was not told. */
export async function run(
  { positionals: { provider }, flags: { all, connection } }: InputOf<"revoke">,
  session: Session,
): Promise<number> {
  const { output } = session;
  using broker = openCommandBroker(session);
  if (all && connection !== undefined) throw contradiction(provider);
  const results = all
    ? await revokeAll(broker, provider)
    : [await revoke(broker, { provider, connection })];
  for (const result of results) explain(result, session);
  const summaries = results.map((result) => ({
    provider: result.provider,
    connection: result.connection,
    revoked: result.revoked,
  }));
  const sentence = results.map((result) =>
    `${result.revoked ? "Revoked" : "Removed"} ${result.provider} (${result.connection}).`
  ).join(" ");
  const [first] = summaries;
  output.success(
    all || first === undefined ? { provider, connections: summaries } : first,
    sentence,
  );
  const problem = results.find((result) => result.problem !== undefined)?.problem;
  return problem === undefined ? 0 : ERROR_MEANINGS[problem.code].exit;
}

/** What is still to be done at the provider. */
function explain({ outcome, problem, docs }: RevokedConnection, { output }: Session): void {
  const where = docs === undefined ? "at the provider" : `at ${docs}`;
  switch (outcome) {
    case "revoked":
      return;
    case "key":
      return output.note(`The key itself stays valid. To end it, delete it ${where}`);
    case "unsupported":
      return output.note(
        `The provider has no way to revoke a token. To end the access, remove the app ${where}`,
      );
    case "failed":
      return output.warn(
        `${problem?.message ?? "The provider was not told."} It is removed here, but the ` +
          `token may still be valid. To end the access, remove the app ${where}`,
      );
    default:
      return outcome satisfies never;
  }
}

function contradiction(provider: string): AuthsomeError {
  return new AuthsomeError("usage", "--all and --connection contradict each other.", {
    hint: `Leave one out: authsome revoke ${provider} --all`,
  });
}
