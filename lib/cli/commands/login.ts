/**
 * `authsome login`: obtains a credential and stores it.
 *
 * @module
 */

import { planLogin, recordFailedLogin } from "../../broker/login.ts";
import type { ConnectionRecord } from "../../connection.ts";
import { AuthsomeError } from "../../errors.ts";
import type { FlowName } from "../../provider.ts";
import type { InputOf } from "../dispatch.ts";
import type { LoginAttempt } from "../login_attempt.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

type Obtain = (attempt: LoginAttempt) => Promise<ConnectionRecord>;

/** How each flow is done on the command line. */
const FLOWS: Readonly<Record<FlowName, () => Promise<Obtain>>> = {
  api_key: async () => (await import("../api_key_login.ts")).loginWithApiKey,
  pkce: async () => (await import("../oauth_login.ts")).loginWithPkce,
  dcr_pkce: async () => (await import("../oauth_login.ts")).loginWithRegistration,
  device_code: async () => (await import("../device_login.ts")).loginWithDevice,
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
  const obtain = await FLOWS[plan.flow]();
  try {
    await broker.unlock();
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
