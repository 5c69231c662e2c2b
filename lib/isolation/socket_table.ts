/**
 * Where the socket files lie that programs on this machine can be reached by, as Linux lists them. Pure.
 *
 * @module
 */

import { dirname, isAbsolute, resolve } from "node:path/posix";

/** Set in the flags of a socket that accepts connections (`__SO_ACCEPTCON`). */
const ACCEPTS = 0x10000;
/** The type of a socket that takes messages without a connection (`SOCK_DGRAM`). */
const DATAGRAM = "0002";

/**
 * Reads `/proc/net/unix`: `Num RefCount Protocol Flags Type St Inode Path`. Left out are connected
 * sockets, and those without a name or with an abstract one, which a network namespace hides anyway.
 * What is listed is the name that the program gave: relative to where it was then, and not the one
 * the file has if it was renamed since, as ssh does with its own. So the folder is what counts.
 *
 * @param text Also `ls -l /proc/[0-9]*\/cwd`: relative names are looked for in all these folders.
 * @returns folders, which need not exist.
 */
export function parseSocketFolders(text: string): readonly string[] {
  const workingFolders = [...text.matchAll(/ \/proc\/\d+\/cwd -> (\/.*)$/gm)]
    .map(([, folder = ""]) => folder);
  const folders = text.split("\n").flatMap((line) => {
    const match = /^\S+: \S+ \S+ ([0-9A-F]{8}) ([0-9A-F]{4}) \S+ +\d+ ([^@].*)$/.exec(line);
    if (match === null) return [];
    const [, flags = "", type, path = ""] = match;
    if ((parseInt(flags, 16) & ACCEPTS) === 0 && type !== DATAGRAM) return [];
    const around = isAbsolute(path) ? ["/"] : workingFolders;
    return around.map((folder) => dirname(resolve(folder, path)));
  });
  return [...new Set(folders)];
}
