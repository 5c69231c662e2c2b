/**
 * `authsome list`: every provider with its connections, or those that a search means.
 *
 * @module
 */

import { listProviders, type ProviderSummary } from "../../broker/provider_list.ts";
import type { InputOf } from "../dispatch.ts";
import { openCommandBroker } from "../open_broker.ts";
import { formatOverview, formatProviders, searchProviders } from "../provider_table.ts";
import type { Session } from "../session.ts";

/** Runs the command. */
export function run({ positionals, flags }: InputOf<"list">, session: Session): number {
  const { output, system: { stdout } } = session;
  using broker = openCommandBroker(session);
  const search = { connected: flags.connected, auth: flags.auth, word: positionals.word };
  const isSearch = search.connected || search.auth !== undefined || search.word !== undefined;
  const providers = searchProviders(listProviders(broker), search);
  const named = search.word !== undefined;
  const place = { style: output.style, columns: stdout.columns(), named };
  output.result({ profile: broker.profile, providers }, () => {
    if (providers.length === 0) return "";
    if (isSearch || !stdout.isTerminal) return formatProviders(providers, place);
    return formatOverview(providers, place);
  });
  const advice = advise(providers, isSearch);
  if (advice !== undefined) output.note(advice);
  else if (!isSearch && stdout.isTerminal) output.note("To search: authsome list WORD");
  for (const { name, problem } of providers) {
    if (problem !== undefined && !output.json) output.warn(`${name}: ${problem}`);
  }
  return 0;
}

/** What to do next if nothing of what was found is connected. */
function advise(providers: readonly ProviderSummary[], isSearch: boolean): string | undefined {
  if (providers.some((provider) => provider.connections.length > 0)) return undefined;
  if (!isSearch) return "Nothing is connected yet. Begin with: authsome login openai";
  const [first] = providers;
  return first === undefined
    ? "There is none. See all providers: authsome list"
    : `To connect one: authsome login ${first.name}`;
}
