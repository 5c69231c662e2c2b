/**
 * The child's NO_PROXY: what may bypass the proxy without bypassing a route.
 *
 * Theory of operation: clients read NO_PROXY in different ways (with or without a leading dot, by
 * label or by sub-string, with or without address blocks), so an entry of the parent's survives
 * only if no known reading makes it cover a routed host. Dropping one costs nothing but a hop: the
 * proxy itself honours the parent's NO_PROXY when it connects.
 *
 * @module
 */

import { type Hostname, isLoopback } from "../hostname.ts";
import { parseIpAddress } from "./ip_address.ts";

/** What is never worth a detour, in the spellings that clients compare with. */
const LOOPBACK = ["localhost", "127.0.0.1", "::1"] as const;

/**
 * Builds the value of NO_PROXY: loopback, unless a routed host is loopback itself, and the parent's
 * entries that do not overlap a routed host.
 *
 * @param parentValues The parent's NO_PROXY and no_proxy; entries separated by commas or spaces.
 * @param routedHosts A DNS name stands for itself and everything below it.
 * @returns Entries separated by commas, each once; an empty string if nothing may bypass.
 */
export function createNoProxy(
  parentValues: readonly string[],
  routedHosts: readonly Hostname[],
): string {
  const loopback = routedHosts.some(isLoopback) ? [] : LOOPBACK;
  const inherited = parentValues.flatMap((value) => value.split(/[\s,]+/));
  const kept = inherited.filter((entry) =>
    entry !== "" && !routedHosts.some((host) => overlaps(entry.toLowerCase(), host))
  );
  return [...new Set([...loopback, ...kept])].join(",");
}

/** Whether any client might read `entry` as covering `routed` or a name below it. */
function overlaps(entry: string, routed: Hostname): boolean {
  const block = parseAddressBlock(entry);
  const address = parseIpAddress(routed);
  if (block !== undefined) return address !== undefined && isInBlock(address, block);
  const name = entry.replace(/^\*?\.?/, "").replace(/:\d+$/, "");
  // A wildcard inside (`10.*`), or a word only some clients know (`<local>`): assume the worst.
  if (name === "" || !/^[a-z0-9._-]+$/.test(name)) return true;
  // By sub-string, as the laxest clients compare; the second half is an entry below the route.
  return routed.endsWith(name) || name.endsWith(`.${routed}`);
}

interface AddressBlock {
  readonly address: Uint8Array;
  /** Leading bits that count. */
  readonly bits: number;
}

/** An address, with `/bits` or `:port` after it or not. */
function parseAddressBlock(entry: string): AddressBlock | undefined {
  const match = /^(.*?)(?:\/(\d{1,3}))?$/.exec(entry);
  const text = match?.[1] ?? entry;
  const address = parseIpAddress(text) ?? parseIpAddress(text.replace(/:\d+$/, ""));
  if (address === undefined) return undefined;
  return { address, bits: Math.min(Number(match?.[2] ?? 128), address.length * 8) };
}

function isInBlock(address: Uint8Array, block: AddressBlock): boolean {
  if (address.length !== block.address.length) return false;
  return address.every((byte, index) => {
    const counted = Math.max(0, Math.min(8, block.bits - index * 8));
    const mask = (0xff00 >> counted) & 0xff;
    return (byte & mask) === ((block.address[index] ?? 0) & mask);
  });
}
