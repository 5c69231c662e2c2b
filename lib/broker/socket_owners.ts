/**
 * Which connections to the proxy are held open by a process or one of its descendants, as the
 * system tells it.
 *
 * Theory of operation: Linux lists every connection with the number of its socket
 * (`/proc/net/tcp`), and for every process what it has open (`/proc/<pid>/fd`); macOS has `lsof`
 * for both. Deno lets no program read `/proc` that has not every permission, so the reading is left
 * to the tools that every system has. They get nothing of our environment but the search path.
 *
 * Nothing here is one moment: a process may end while it is looked at, and a stranger may get its
 * number. So processes are listed before and after, and count only if they and all between them and
 * the child are the same in both lists. A connection counts only while it is established, at both
 * ends 127.0.0.1, and our own user's. What has left the family, as a daemon does whose parent ends,
 * is no longer known as part of it.
 *
 * @module
 */

import { familyOf, lastingFamily, parseProcStat, parsePs } from "./process_tree.ts";

/** What is asked. */
export interface OwnerQuery {
  /** Process number of the child. */
  readonly child: number;
  readonly proxyPort: number;
  /** The clients' ends of connections to it. */
  readonly clientPorts: ReadonlySet<number>;
}

/** Gives those of the ports whose connection the child's family holds. */
export type FindOwned = (query: OwnerQuery) => Promise<ReadonlySet<number>>;

/** Runs a POSIX shell script and gives what it prints. */
export type RunScript = (script: string, args: readonly string[]) => Promise<string>;

const LIST_CONNECTIONS = "cat /proc/net/tcp /proc/net/tcp6 /proc/[0-9]*/stat";

/** With a second folder, always, as `ls` names the folder only if there are several. */
const LIST_OPEN = 'ls -l /proc/self/fd "$@"; cat /proc/[0-9]*/stat';

/** The way of Linux. */
export async function findOwnedOnLinux(
  query: OwnerQuery,
  run: RunScript = runScript,
): Promise<ReadonlySet<number>> {
  const uid = Deno.uid() ?? -1;
  return new Set(await findHeldOnLinux(query.child, (text) => parseProcTcp(text, query, uid), run));
}

/**
 * The sockets that the child's family holds.
 *
 * @param parse Reads `/proc/net/tcp` and `/proc/net/tcp6`: the sockets of interest by their number.
 */
export async function findHeldOnLinux<T>(
  child: number,
  parse: (text: string) => ReadonlyMap<string, T>,
  run: RunScript = runScript,
): Promise<readonly T[]> {
  const first = await run(LIST_CONNECTIONS, []);
  const sockets = parse(first);
  const before = parseProcStat(first);
  const family = familyOf(before, child);
  if (sockets.size === 0 || family.length === 0) return [];
  const second = await run(LIST_OPEN, family.map((pid) => `/proc/${pid}/fd`));
  const lasting = lastingFamily([before, parseProcStat(second)], child);
  const open = [...parseOpenSockets(second)].filter(([pid]) => lasting.has(pid));
  const held = new Set(open.flatMap(([, ids]) => ids));
  return [...sockets].filter(([socket]) => held.has(socket)).map(([, value]) => value);
}

/**
 * Reads `/proc/net/tcp` and `/proc/net/tcp6` (proc_net(5)) on a little-endian machine.
 *
 * @returns the asked ports by the number of their socket.
 */
export function parseProcTcp(
  text: string,
  query: Pick<OwnerQuery, "proxyPort" | "clientPorts">,
  uid: number,
): ReadonlyMap<string, number> {
  const mapped = "(?:0000000000000000FFFF0000)?0100007F";
  const line = new RegExp(
    `^ *\\d+: ${mapped}:(\\w{4}) ${mapped}:${formatPort(query.proxyPort)} 01 ` +
      `\\S+ \\S+ \\S+ +(\\d+) +\\d+ (\\d+) `,
    "gm",
  );
  const found = [...text.matchAll(line)].filter(([, , owner]) => Number(owner) === uid);
  const sockets = found.map(([, port = "", , socket = ""]) =>
    [socket, Number.parseInt(port, 16)] as const
  );
  return new Map(sockets.filter(([, port]) => query.clientPorts.has(port)));
}

function formatPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}

/**
 * Reads what `ls -l /proc/<pid>/fd …` prints: the numbers of open sockets, by process. An open file
 * may have a name that looks like such lines; a process that is named twice counts for nothing.
 */
export function parseOpenSockets(text: string): ReadonlyMap<number, readonly string[]> {
  const processes = new Map<number, readonly string[]>();
  const [, ...sections] = text.split(/^\/proc\/(?=\d+\/fd:$)/m);
  for (const section of sections) {
    const pid = Number.parseInt(section);
    const sockets = [...section.matchAll(/ -> socket:\[(\d+)\]$/gm)].map(([, id = ""]) => id);
    processes.set(pid, processes.has(pid) ? [] : sockets);
  }
  return processes;
}

/** `$1` is the proxy's port. */
const LIST_WITH_LSOF = `ps -axo pid=,ppid=,lstart=
echo after
lsof -nP -a -u "$2" -iTCP:"$1" -sTCP:ESTABLISHED -Fpn
ps -axo pid=,ppid=,lstart=`;

/** The way of macOS. */
export async function findOwnedWithLsof(
  query: OwnerQuery,
  run: RunScript = runScript,
): Promise<ReadonlySet<number>> {
  const args = [query.proxyPort, Deno.uid() ?? -1].map(String);
  const [before = "", after = ""] = (await run(LIST_WITH_LSOF, args)).split(/^after$/m);
  const lasting = lastingFamily([parsePs(before), parsePs(after)], query.child);
  const held = parseLsof(after, query.proxyPort).filter(({ pid, clientPort }) =>
    lasting.has(pid) && query.clientPorts.has(clientPort)
  );
  return new Set(held.map(({ clientPort }) => clientPort));
}

/** Reads what `lsof -Fpn` prints of TCP connections: a line `p<pid>`, then one `n<ends>` for each. */
export function parseLsof(
  text: string,
  proxyPort: number,
): { readonly pid: number; readonly clientPort: number }[] {
  const loopback = String.raw`(?:127\.0\.0\.1|\[::ffff:127\.0\.0\.1\])`;
  const ends = new RegExp(`^n${loopback}:(\\d+)->${loopback}:${proxyPort}$`);
  const held: { pid: number; clientPort: number }[] = [];
  let pid = 0;
  for (const line of text.split("\n")) {
    if (line.startsWith("p")) pid = Number(line.slice(1));
    const port = ends.exec(line)?.[1];
    if (port !== undefined) held.push({ pid, clientPort: Number(port) });
  }
  return held;
}

/** Where the tools are if the parent's search path does not say so. */
const USUAL_FOLDERS = "/usr/bin:/bin:/usr/sbin:/sbin";

/** Failures of single tools are expected: processes end while they are looked at. */
export async function runScript(script: string, args: readonly string[]): Promise<string> {
  const path = Deno.env.get("PATH") ?? "";
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", script, "sh", ...args],
    env: { PATH: `${path}:${USUAL_FOLDERS}`, LC_ALL: "C" },
    clearEnv: true,
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
