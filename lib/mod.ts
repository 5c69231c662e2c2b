/**
 * The embedding API: open a home, see what is connected, log in, get auth headers, and start runs
 * whose children use services without holding a credential. The command line is a client of it.
 *
 * @example A child behind the injecting proxy
 * ```ts
 * import { openBroker, parseProfileName, startRun } from "authsome";
 * import { BUNDLED } from "authsome/providers";
 *
 * using broker = openBroker({
 *   home: "/home/me/.authsome",
 *   profile: parseProfileName("default"),
 *   env: Deno.env.toObject(),
 *   now: Date.now,
 *   bundled: BUNDLED,
 * });
 * const run = await startRun(broker);
 * const child = new Deno.Command("python", {
 *   args: ["agent.py"],
 *   env: run.environment,
 *   clearEnv: true,
 * }).spawn();
 * run.settle(child.pid);
 * const { code } = await child.status;
 * await run.end(code);
 * ```
 *
 * @module
 */

export type { AccessKeyField } from "./access_key.ts";
export { authHeaders, type AuthHeadersWish } from "./broker/auth_headers.ts";
export {
  Broker,
  type BrokerOptions,
  type Environment,
  openBroker,
  type PassphrasePrompt,
} from "./broker/broker.ts";
export { type ConnectionSummary, findConnection } from "./broker/connections.ts";
export {
  type LoginPlan,
  type LoginWish,
  parseLoginKey,
  planLogin,
  storeLogin,
} from "./broker/login.ts";
export { listProviders, type ProviderSummary } from "./broker/provider_list.ts";
export type { RunSelection } from "./broker/route_plan.ts";
export { type Run, type RunOptions, startRun } from "./broker/run.ts";
export type { PolicyOptions } from "./broker/run_policy.ts";
export type { UpstreamOptions } from "./broker/upstream_settings.ts";
export {
  type ConnectionMetadata,
  type ConnectionName,
  type ConnectionRecord,
  type ConnectionStatus,
  type Envelope,
  parseConnectionName,
  parseProfileName,
  type ProfileName,
} from "./connection.ts";
export type { ApiKeyCredential, Credential, OAuthCredential } from "./credential.ts";
export {
  AuthsomeError,
  ERROR_MEANINGS,
  type ErrorCode,
  type ErrorDetails,
  type ErrorMeaning,
} from "./errors.ts";
export type { AskAnswer, AskPerson, AskQuestion } from "./policy.ts";
export type { PolicyFlags } from "./policy_settings.ts";
export {
  type ApiKeySettings,
  type AuthType,
  type BaseUrlVariable,
  type ExportField,
  type ExportVariables,
  type FlowName,
  type HeaderField,
  type OAuthSettings,
  parseProviderName,
  type Placement,
  type Provider,
  type ProviderName,
} from "./provider.ts";
export { Secret } from "./secret.ts";
