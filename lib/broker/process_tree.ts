/**
 * Which processes descend from which: a snapshot of every process and its parent.
 *
 * @module
 */

/** One process of a snapshot. */
export interface ProcessEntry {
  readonly parent: number;
  /** Tells the process from a later one with the same number; what the system counts it in. */
  readonly startedAt: string;
}

/** Processes by number. */
export type ProcessTree = ReadonlyMap<number, ProcessEntry>;

/**
 * Lines of `/proc/<pid>/stat` (proc_pid_stat(5)). The program's name stands in parentheses and may
 * contain some itself, but no line break, so the last one counts. Other lines are skipped.
 */
export function parseProcStat(text: string): ProcessTree {
  const lines = text.matchAll(/^(\d+) \(.*\) \S (\d+)(?: \S+){17} (\d+) /gm);
  return new Map([...lines].map(([, pid, parent, startedAt]) => entry(pid, parent, startedAt)));
}

/** Lines of `ps -axo pid=,ppid=,lstart=`. Other lines are skipped. */
export function parsePs(text: string): ProcessTree {
  const lines = text.matchAll(/^ *(\d+) +(\d+) +(\w{3} .*\S) *$/gm);
  return new Map([...lines].map(([, pid, parent, startedAt]) => entry(pid, parent, startedAt)));
}

function entry(pid?: string, parent?: string, startedAt = ""): readonly [number, ProcessEntry] {
  return [Number(pid), { parent: Number(parent), startedAt }];
}

/**
 * The way from a process up to its ancestor, as text that no other processes have.
 *
 * @returns `undefined` if `ancestor` is none; a process counts as its own.
 */
export function lineageOf(tree: ProcessTree, pid: number, ancestor: number): string | undefined {
  const way: string[] = [];
  let current = pid;
  // A snapshot is not taken in one moment: its parents may form a circle.
  while (way.length <= tree.size) {
    const process = tree.get(current);
    if (process === undefined) return undefined;
    way.push(`${current} ${process.startedAt}`);
    if (current === ancestor) return way.join(" < ");
    current = process.parent;
  }
  return undefined;
}

/** The ancestor and all that descend from it. */
export function familyOf(tree: ProcessTree, ancestor: number): number[] {
  return [...tree.keys()].filter((pid) => lineageOf(tree, pid, ancestor) !== undefined);
}

/** Those whose way to the ancestor is the same in both snapshots: nobody took another's number. */
export function lastingFamily(
  snapshots: readonly [before: ProcessTree, after: ProcessTree],
  ancestor: number,
): ReadonlySet<number> {
  const [before, after] = snapshots;
  return new Set(
    familyOf(before, ancestor).filter((pid) =>
      lineageOf(before, pid, ancestor) === lineageOf(after, pid, ancestor)
    ),
  );
}
