/**
 * Real keys in the environment of a run that belong to services outside of it: a run replaces the
 * variables of its own services only.
 *
 * @module
 */

import { ACCESS_KEY_FIELDS } from "../access_key.ts";
import { PLACEHOLDER, type Provider, type ProviderName } from "../provider.ts";
import type { Broker, Environment } from "./broker.ts";

/** What is known of a run. */
export interface ExposureWish {
  /** Those whose variables are replaced. */
  readonly routed: readonly Provider[];
  /** Connected providers that are not part of the run. */
  readonly leftOut: readonly ProviderName[];
  /** Whether every known provider is looked at, connected or not. */
  readonly everyProvider: boolean;
  /** Whether `--provider` has left them out. */
  readonly restricted: boolean;
}

/**
 * Names the variables that hold a real key which the child gets as it is, never their values. Those
 * of connected providers count whatever they hold, those of others if it looks like a key.
 *
 * @returns One sentence with the way out, or none.
 */
export function noteExposedKeys(broker: Broker, wish: ExposureWish): readonly string[] {
  const { env } = broker;
  const replaced = new Set(wish.routed.flatMap(variablesOf));
  const exposed = new Map<string, string>();
  for (const name of wish.leftOut) {
    const placeholder = broker.registry.entry(name)?.provider?.placeholder;
    for (const variable of knownVariables(broker, name)) {
      const isReplaced = replaced.has(variable);
      if (!isReplaced && isReal(env[variable], placeholder)) exposed.set(variable, name);
    }
  }
  const connected = exposed.size;
  const others = wish.everyProvider ? providersOfVariables(broker) : [];
  for (const provider of others) {
    for (const variable of variablesOf(provider)) {
      const isNews = !replaced.has(variable) && !exposed.has(variable);
      if (isNews && looksLikeKey(provider, variable, env)) exposed.set(variable, provider.name);
    }
  }
  const isByChoice = wish.restricted && exposed.size === connected;
  return exposed.size === 0 ? [] : [describeExposed(exposed, isByChoice)];
}

function describeExposed(exposed: ReadonlyMap<string, string>, isByChoice: boolean): string {
  const named = [...exposed].map(([variable, provider]) => `${variable} (${provider})`).join(", ");
  const unset = [...exposed.keys()].map((variable) => `-u ${variable}`).join(" ");
  const them = exposed.size === 1 ? "it" : "them";
  return `The command gets the real ${named}, as this run does not replace ${them}. ` +
    `To hide ${them}: env ${unset} authsome run …` +
    (isByChoice ? " (or leave out --provider)" : "");
}

/** What can be known of a provider whose definition may be broken. */
function knownVariables({ registry }: Broker, name: ProviderName): readonly string[] {
  const entry = registry.entry(name);
  if (entry?.provider !== undefined) return variablesOf(entry.provider);
  const bundled = registry.bundled(name)?.provider;
  const written = writtenVariables(entry?.definition);
  return bundled === undefined ? written : [...written, ...variablesOf(bundled)];
}

/** Definitions are looked at as they are written: parsing all of them would take too long. */
function providersOfVariables({ registry, env }: Broker): readonly Provider[] {
  return registry.entries()
    .filter(({ definition }) => writtenVariables(definition).some((name) => isReal(env[name])))
    .flatMap(({ provider }) => provider ?? []);
}

function writtenVariables(definition: Readonly<Record<string, unknown>> | undefined): string[] {
  const text = JSON.stringify(definition?.["export"] ?? "");
  return [...text.matchAll(/"([A-Z][A-Z0-9_]*)"/g)].map(([, name = ""]) => name);
}

function variablesOf({ exports }: Provider): readonly string[] {
  return exports.flatMap(({ variables }) => variables);
}

/** In a run within a run, variables hold placeholders. */
function isReal(value: string | undefined, placeholder = PLACEHOLDER): boolean {
  if (value === undefined || value === "") return false;
  return !value.startsWith(PLACEHOLDER) && !value.startsWith(placeholder);
}

function looksLikeKey(provider: Provider, variable: string, env: Environment): boolean {
  const { apiKey: { keyPattern }, placement, placeholder } = provider;
  const value = env[variable] ?? "";
  if (keyPattern === undefined || !isReal(value, placeholder)) return false;
  return keyPattern.test(placement.kind === "sigv4" ? wholeAccessKey(provider, env) : value);
}

/** An access key is spread over variables, and known by its identifier. */
function wholeAccessKey({ exports }: Provider, env: Environment): string {
  const parts = ACCESS_KEY_FIELDS.flatMap((field) =>
    exports.filter((one) => one.field === field)
      .flatMap(({ variables }) =>
        variables.map((name) => env[name]).find((value) => isReal(value)) ?? []
      )
  );
  return parts.join(":");
}
