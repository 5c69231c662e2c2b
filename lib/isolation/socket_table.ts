/**
 * The socket files that programs on this machine can be reached by, as Linux lists them. Pure.
 *
 * @module
 */

/** Set in the flags of a socket that accepts connections (`__SO_ACCEPTCON`). */
const ACCEPTS = 0x10000;
/** The type of a socket that takes messages without a connection (`SOCK_DGRAM`). */
const DATAGRAM = "0002";

/**
 * Reads `/proc/net/unix`: `Num RefCount Protocol Flags Type St Inode Path`. Left out are connected
 * sockets, and those without a name or with an abstract one, which a network namespace hides anyway.
 */
export function parseSocketTable(text: string): readonly string[] {
  const paths = text.split("\n").flatMap((line) => {
    const match = /^\S+: \S+ \S+ ([0-9A-F]{8}) ([0-9A-F]{4}) \S+ +\d+ (\/.*)$/.exec(line);
    if (match === null) return [];
    const [, flags = "", type, path = ""] = match;
    return (parseInt(flags, 16) & ACCEPTS) !== 0 || type === DATAGRAM ? [path] : [];
  });
  return [...new Set(paths)];
}
