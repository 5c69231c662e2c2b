/**
 * A value written behind a flag that takes one only with `=`, so that it became the command.
 *
 * @module
 */

import type { Registry } from "../registry.ts";
import type { InputOf } from "./dispatch.ts";

/**
 * How to write `--ask openai`, of which `openai` was taken for the command and not found.
 *
 * @returns `undefined` if that is not what happened.
 */
export function explainMisplacedValue(
  { flags, rest: [program = ""] }: Pick<InputOf<"run">, "flags" | "rest">,
  registry: Pick<Registry, "entry">,
): string | undefined {
  const bare = (["ask", "read-only"] as const).filter((name) => flags[name] === true);
  const names = program.split(",").map((subject) => subject.split("/")[0] ?? "");
  if (bare.length === 0 || names.some((name) => registry.entry(name) === undefined)) {
    return undefined;
  }
  const written = bare.map((name) => `--${name}=${program}`).join(" or ");
  return `If ${program} is meant as the provider, write: ${written}`;
}
