/**
 * Where a login takes the key from. Pure: the decision only.
 *
 * @module
 */

import { ACCESS_KEY_FIELDS } from "../access_key.ts";
import { AuthsomeError } from "../errors.ts";
import type { Provider } from "../provider.ts";
import type { InputOf } from "./dispatch.ts";
import type { System } from "./system.ts";

/** One way for a key to come in. */
export type KeyOrigin =
  | { readonly kind: "stdin" }
  | { readonly kind: "variable"; readonly name: string }
  | {
    /** The parts of an access key, one variable each. */
    readonly kind: "access_key";
    readonly names: readonly string[];
  }
  | {
    readonly kind: "page";
    /** Whether to open the browser too. */
    readonly open: boolean;
  }
  | { readonly kind: "prompt" };

/** What the decision depends on. */
export interface KeySituation {
  readonly flags: Pick<
    InputOf<"login">["flags"],
    "stdin" | "from-env" | "force" | "no-browser"
  >;
  readonly provider: Provider;
  readonly env: System["env"];
  /** Whether a browser would show up where the person sits. */
  readonly hasDisplay: boolean;
  /** Whether a person could type. */
  readonly hasTerminal: boolean;
}

/**
 * Chooses the first way that applies: `--stdin`, `--from-env`, the definition's own variable, the
 * browser, the terminal.
 *
 * @throws {AuthsomeError} `usage` if there is none; `connection_not_found` if `--from-env` names a
 * variable that is not set.
 */
export function chooseKeyOrigin(situation: KeySituation): KeyOrigin {
  const { flags, provider, env, hasDisplay, hasTerminal } = situation;
  if (flags.stdin) return { kind: "stdin" };
  const wanted = flags["from-env"];
  if (wanted === true && provider.placement.kind === "sigv4") {
    return { kind: "access_key", names: accessKeyVariables(provider, env) };
  }
  if (wanted !== undefined) {
    return { kind: "variable", name: requireSet(env, variableFor(provider, wanted)) };
  }
  const own = provider.apiKey.envVar;
  if (own !== undefined && !flags.force && (env[own] ?? "") !== "") {
    return { kind: "variable", name: own };
  }
  if (flags["no-browser"]) return { kind: "page", open: false };
  if (hasDisplay) return { kind: "page", open: true };
  if (hasTerminal) return { kind: "prompt" };
  throw nowhereToAsk(provider);
}

function variableFor(provider: Provider, wanted: string | true): string {
  if (wanted === "") throw needsName(provider);
  if (wanted !== true) return wanted;
  const exported = provider.exports.find((entry) => entry.field === "api_key")?.variables[0];
  const name = exported ?? provider.apiKey.envVar;
  if (name === undefined) throw needsName(provider);
  return name;
}

/** The session token is part of the key only if there is one. */
function accessKeyVariables(provider: Provider, env: System["env"]): readonly string[] {
  const [id, secret, token] = ACCESS_KEY_FIELDS.map((field) =>
    provider.exports.find((entry) => entry.field === field)?.variables[0]
  );
  if (id === undefined || secret === undefined) throw needsName(provider);
  const names = [requireSet(env, id), requireSet(env, secret)];
  return token === undefined || (env[token] ?? "") === "" ? names : [...names, token];
}

function requireSet(env: System["env"], name: string): string {
  if (env[name] !== undefined) return name;
  const shown = /^[A-Za-z_][A-Za-z0-9_]{0,40}$/.test(name)
    ? `The variable ${name}`
    : "The variable";
  throw new AuthsomeError("connection_not_found", `${shown} is not set.`, {
    hint: "Set it for this one command, or name another: --from-env VAR",
  });
}

function needsName(provider: Provider): AuthsomeError {
  return new AuthsomeError("usage", `${provider.displayName} has no variable of its own.`, {
    hint: `Name one: authsome login ${provider.name} --from-env=VAR`,
  });
}

function nowhereToAsk({ name, displayName }: Provider): AuthsomeError {
  const message = `There is no terminal and no display to ask for the ${displayName} API key.`;
  return new AuthsomeError("usage", message, {
    hint: `Pipe it in: authsome login ${name} --stdin < key.txt, ` +
      `or take it from a variable: authsome login ${name} --from-env VAR`,
  });
}
