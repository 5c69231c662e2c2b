/**
 * `authsome login`: obtains a credential and stores it.
 *
 * @module
 */

import type { Broker } from "../../broker/broker.ts";
import { planLogin, recordFailedLogin } from "../../broker/login.ts";
import type { ConnectionName, ConnectionRecord } from "../../connection.ts";
import { AuthsomeError } from "../../errors.ts";
import type { FlowName, ProviderName } from "../../provider.ts";
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
    const usual = findDefault(broker, plan.provider.name);
    const { provider, connection_name: connection, status } = await obtain({
      broker,
      plan,
      flags,
      session,
    });
    noteDefault(session, { provider, before: usual, now: findDefault(broker, provider) });
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

/** A damaged choice is no reason not to log in; `doctor` tells of it. */
function findDefault(broker: Broker, provider: ProviderName): ConnectionName | undefined {
  try {
    return broker.vault.defaultConnection(broker.profile, provider);
  } catch (error) {
    if (error instanceof AuthsomeError) return undefined;
    throw error;
  }
}

/** Says so if from now on another connection is used than before where none is named. */
function noteDefault(
  { output }: Session,
  { provider, before, now }: {
    readonly provider: ProviderName;
    readonly before: ConnectionName | undefined;
    readonly now: ConnectionName | undefined;
  },
): void {
  if (output.json || before === undefined || now === undefined || before === now) return;
  output.note(
    `${provider} now uses ${now} when no connection is named; it was ${before}. ` +
      `To change that: authsome set-default ${provider} ${before}`,
  );
}
