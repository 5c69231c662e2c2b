/**
 * What to tell a person at the end of a run whose child got no further than the proxy's door. Only
 * sure signs count: most commands that fail, or send nothing, have other reasons.
 *
 * @module
 */

import type { DirectWatch } from "./direct_watch.ts";
import type { HostTally, RunTally } from "./run_tally.ts";

/** How long what the child sent last may take to be understood, in milliseconds. */
const LAST_WORDS_MS = 20;

/** What hints are made from. */
export interface HintOptions {
  readonly tally: RunTally;
  /** Absent on systems where it cannot be seen. */
  readonly direct: DirectWatch | undefined;
  /** How many connections have come to the proxy. */
  readonly connections: number;
  /** How the child ended, as a shell would tell it. */
  readonly status: number;
}

/** Sentences for stderr, in pairs of what was seen and what to try. */
export async function collectHints(options: HintOptions): Promise<readonly string[]> {
  const { tally, status } = options;
  if (status !== 0 && isUnclear(tally)) {
    await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
  }
  const refused = [...tally.entries()].flatMap(([host, counts]) => hintsFor(host, counts, status));
  return [...refused, ...hintsAboutDirect(options)];
}

function hintsAboutDirect({ direct, connections }: HintOptions): readonly string[] {
  const { hosts, addresses } = direct?.seen() ?? { hosts: [], addresses: [] };
  if (hosts.length > 0) {
    return [`A program reached ${hosts.join(", ")} without the proxy.`, ROUTE_ADVICE];
  }
  if (connections > 0 || addresses.length === 0) return [];
  return [
    `A program connected to ${addresses.join(", ")} by itself; nothing came to the proxy.`,
    ROUTE_ADVICE,
  ];
}

/** Whether a connection has led to nothing so far: the child's refusal may still be on its way. */
function isUnclear(tally: RunTally): boolean {
  return [...tally.entries()].some(([, { connected, distrusted, requests }]) =>
    connected > distrusted + requests
  );
}

function hintsFor(host: string, counts: Readonly<HostTally>, status: number): readonly string[] {
  const { unauthorized, connected, distrusted, requests } = counts;
  if (distrusted > 0) {
    return [
      `A program refused the run's certificate for ${host} (${times(distrusted)}): it pins ` +
      "certificates, or has roots of its own.",
      TRUST_ADVICE,
    ];
  }
  // Some clients just leave. So does one that is stopped (128 + signal), or that did all it wanted.
  if (connected > 0 && requests === 0 && status > 0 && status < 128) {
    return [
      `A program connected to ${host} (${
        times(connected)
      }) and sent no request, as those do that ` +
      "do not trust the run's certificate.",
      TRUST_ADVICE,
    ];
  }
  if (unauthorized > 0 && connected === 0) {
    return [
      `A program asked for ${host} (${times(unauthorized)}) without the user and password that ` +
      "stand in HTTPS_PROXY, and was refused.",
      `Give it the whole address of the proxy, or try: ${LAST_RESORT}`,
    ];
  }
  return [];
}

const LAST_RESORT = "authsome run --base-url-mode -- …";
const ROUTE_ADVICE =
  `Leave HTTPS_PROXY and NO_PROXY in its environment as they are, or try: ${LAST_RESORT}`;
const TRUST_ADVICE = `Point it at the file in SSL_CERT_FILE, or try: ${LAST_RESORT}`;

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
