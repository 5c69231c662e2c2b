/**
 * What a sandbox on Linux is made of, and the words that have bubblewrap make it. Pure.
 *
 * Theory of operation: the child gets the whole file system, then what it must not have is laid over
 * it, in an order in which later layers win: system folders become read-only; folders where other
 * programs keep their sockets become empty; the working folder, the home and what is shared come
 * back where such a layer has hidden them; start-up files become read-only; and last of all
 * authsome's home, keyrings and every socket that somebody listens on disappear. A child can neither
 * move nor unmount these layers, not even in a user namespace of its own. It has no capabilities, so
 * root in the sandbox is an ordinary owner of root's files.
 *
 * @module
 */

/** Every path is absolute, exists and has no symbolic link in it, unless it says otherwise. */
export interface SandboxPlan {
  /** System folders. */
  readonly readOnly: readonly string[];
  /** Folders that the child finds empty and may write to; nothing of it outlives the child. */
  readonly emptied: readonly string[];
  /** What comes back in emptied and read-only folders, outermost first. */
  readonly restored: readonly string[];
  /** The same, but read-only. */
  readonly restoredReadOnly: readonly string[];
  /** Folders made in emptied ones, for their owner only; they need not exist. */
  readonly made: readonly string[];
  /**
   * Folders around what is guarded or hidden, as far as the child can write there, outermost first.
   * They are mounted where they are: the child could move them aside and make others in their place.
   */
  readonly pinned: readonly string[];
  /** Start-up files and folders, and programs, that the child must not change. */
  readonly guarded: readonly string[];
  /** Folders with secrets: the child finds them empty. */
  readonly hiddenFolders: readonly string[];
  /** Files with secrets, and sockets: the child cannot open them. */
  readonly hiddenFiles: readonly string[];
  /** The run's own folder, below a hidden one; read-only. */
  readonly runFolder: string;
  /** authsome's own program, or what runs it. */
  readonly program: string;
  /** Where the child starts. */
  readonly workingFolder: string;
}

/** Where {@link SandboxPlan.program} is found in the sandbox. */
export const PROGRAM_IN_SANDBOX = "/run/authsome/program";

/** Where root changes the kernel's settings, for instance which program it starts for a crash. */
const KERNEL_FOLDERS = ["/proc/sys", "/proc/irq", "/proc/bus", "/proc/acpi", "/proc/scsi"];

/** The descriptor that bubblewrap reads the syscall filter from. */
const FILTER_DESCRIPTOR = "3";

/**
 * Bubblewrap stays in the terminal's foreground group, where Ctrl-C would end it before the child has
 * had its say; so it starts with these signals ignored, and the relay hears them again. The shell
 * opens the filter for it.
 */
const LAUNCH = `trap "" HUP INT QUIT TERM USR1 USR2; exec "$@" ${FILTER_DESCRIPTOR}<"$0"`;

/** The words, from `sh` up to and without the command that bubblewrap is to start. */
export function formatSandboxCommand(
  plan: SandboxPlan,
  files: { readonly bwrap: string; readonly filter: string },
): readonly string[] {
  return ["sh", "-c", LAUNCH, files.filter, files.bwrap, ...formatArguments(plan), "--"];
}

function formatArguments(plan: SandboxPlan): string[] {
  return [
    // A new network namespace comes with a loopback device of its own, which bubblewrap brings up.
    ...["--unshare-all", "--die-with-parent", "--cap-drop", "ALL"],
    ...["--seccomp", FILTER_DESCRIPTOR],
    ...["--bind", "/", "/"],
    ...same("--bind", plan.pinned),
    ...same("--ro-bind", plan.readOnly),
    ...["--ro-bind", "/sys", "/sys", "--dev", "/dev", "--proc", "/proc"],
    ...same("--ro-bind-try", KERNEL_FOLDERS),
    ...plan.emptied.flatMap((path) => ["--perms", "1777", "--tmpfs", path]),
    ...plan.made.flatMap((path) => ["--perms", "0700", "--dir", path]),
    ...same("--ro-bind", plan.restoredReadOnly),
    ...same("--bind", plan.restored),
    ...same("--ro-bind", plan.guarded),
    ...plan.hiddenFolders.flatMap((path) => ["--perms", "0700", "--tmpfs", path]),
    ...plan.hiddenFiles.flatMap((path) => ["--ro-bind", "/dev/null", path]),
    ...same("--ro-bind", [plan.runFolder]),
    ...["--ro-bind", plan.program, PROGRAM_IN_SANDBOX],
    ...["--chdir", plan.workingFolder],
  ];
}

function same(flag: string, paths: readonly string[]): string[] {
  return paths.flatMap((path) => [flag, path, path]);
}
