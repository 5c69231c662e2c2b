/**
 * Which processor runs what. A request to a remote service wakes another machine; on one machine the
 * scheduler may or may not put client and server on one processor, which changes the direct figures
 * threefold. So the load generator and the upstream are bound to different processors, in every
 * measurement alike, and the proxies are left to the scheduler.
 *
 * @module
 */

/** Who is bound to a processor. */
export type Bound = "generator" | "upstream";

const PROCESSOR: Readonly<Record<Bound, string>> = { generator: "0", upstream: "1" };

/** The command that runs `command` where it belongs; `command` itself on a single processor. */
export function bind(bound: Bound, command: readonly string[]): readonly string[] {
  if (navigator.hardwareConcurrency < 2) return command;
  return ["taskset", "-c", PROCESSOR[bound], ...command];
}
