/**
 * `authsome register`: checks a provider definition and installs it once a person agrees.
 *
 * @module
 */

import {
  discloseProvider,
  installRegistration,
  readRegistration,
  type Registration,
} from "../../broker/registration.ts";
import { reviewProvider } from "../../broker/registration_review.ts";
import { AuthsomeError } from "../../errors.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export async function run(
  { positionals, flags }: InputOf<"register">,
  session: Session,
): Promise<number> {
  using broker = openCommandBroker(session);
  const registration = readRegistration(broker, positionals.file, { force: flags.force });
  const { provider, replaces } = registration;
  const { warnings, objection } = reviewProvider(provider, broker.registry);
  for (const line of describeRegistration(registration)) session.output.note(line);
  for (const sentence of warnings) session.output.warn(sentence);
  if (!flags.yes && objection !== undefined) throw objection;
  if (!flags.yes) await requireConsent(session, positionals.file);
  const file = installRegistration(broker, registration);
  const disclosure = discloseProvider(provider);
  session.output.success(
    {
      provider: provider.name,
      source: "custom",
      file,
      replaces,
      hosts: disclosure.hosts,
      endpoints: Object.fromEntries(disclosure.endpoints),
    },
    `Registered ${provider.name}. Next: authsome login ${provider.name}`,
  );
  return 0;
}

function describeRegistration(registration: Registration): readonly string[] {
  const { provider, replaces, connections } = registration;
  const { hosts, credential, endpoints, variables, reads } = discloseProvider(provider);
  const kind = provider.authType === "api_key" ? "API key" : "OAuth token";
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["Credential", [`${kind}, ${credential}`]],
    ["Sent to", hosts],
    ["OAuth", endpoints.map(([name, url]) => `${name} ${url}`)],
    ["Sets", variables],
    ["Reads", reads],
  ];
  return [
    `${provider.displayName} (${provider.name})`,
    ...rows.flatMap(([label, values]) =>
      values.map((value, index) => `  ${(index === 0 ? label : "").padEnd(12)}${value}`)
    ),
    ...(replaces === null ? [] : [`This replaces the ${replaces} definition of ${provider.name}.`]),
    ...(replaces === null || connections === 0 ? [] : [
      "Existing connections keep the hosts they were made for; for new hosts, log in again.",
    ]),
  ];
}

/**
 * @throws {AuthsomeError} `cancelled` if the person says no; `usage` if there is nobody to ask.
 */
async function requireConsent({ system }: Session, file: string): Promise<void> {
  if (!system.stdin.isTerminal) {
    throw new AuthsomeError("usage", "There is no terminal to ask for your consent.", {
      hint: `If you trust these hosts: authsome register ${file} --yes`,
    });
  }
  const { promptConfirm } = await import("../prompt.ts");
  if (await promptConfirm(system, "Register this provider?")) return;
  throw new AuthsomeError("cancelled", "Nothing was registered.");
}
