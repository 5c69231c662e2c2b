/**
 * `authsome login`: obtains a credential and stores it.
 *
 * @module
 */

import { type LoginPlan, planLogin, recordFailedLogin } from "../../broker/login.ts";
import type { ConnectionRecord } from "../../connection.ts";
import { AuthsomeError } from "../../errors.ts";
import type { FlowName } from "../../provider.ts";
import type { LoginAttempt } from "../api_key_login.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

type Obtain = (attempt: LoginAttempt) => Promise<ConnectionRecord>;

/** How each flow is done on the command line; a flow that is missing cannot be done yet. */
const FLOWS: Readonly<Partial<Record<FlowName, () => Promise<Obtain>>>> = {
  api_key: async () => (await import("../api_key_login.ts")).loginWithApiKey,
};

/** Runs the command. */
export async function run(
  { positionals, flags }: InputOf<"login">,
  session: Session,
): Promise<number> {
  using broker = openCommandBroker(session);
  const plan = planLogin(broker, {
    provider: positionals.provider,
    connection: flags.connection,
    force: flags.force,
    flow: flags.flow,
    baseUrl: flags["base-url"],
  });
  const obtain = await (FLOWS[plan.flow] ?? refuseFlow(plan))();
  try {
    const { provider, connection_name: connection, status } = await obtain({
      broker,
      plan,
      flags,
      session,
    });
    session.output.success(
      { provider, connection, status },
      `Successfully logged in to ${provider} (${connection}).`,
    );
    return 0;
  } catch (error) {
    if (error instanceof AuthsomeError) recordFailedLogin(broker, plan, error);
    throw error;
  }
}

function refuseFlow({ provider, flow }: LoginPlan): never {
  const message = `This version of authsome cannot log in to ${provider.displayName} (${flow}).`;
  throw new AuthsomeError("usage", message, {
    hint: "It can log in to providers with API keys: authsome list",
  });
}
