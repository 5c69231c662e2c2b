/**
 * Runs a program in a real terminal (a pseudo terminal made by Python) and types into it.
 *
 * @module
 */

import { runCommand } from "./command.ts";

/** Waits until the screen holds `wait` (after what was waited for before), then acts. */
export interface TerminalStep {
  readonly wait: string;
  /** A pattern; what its group last matched on the screen is typed, before `send`. */
  readonly copy?: string;
  /** What is typed. */
  readonly send?: string;
  /** A signal for the program. */
  readonly signal?: "SIGINT" | "SIGTERM";
}

/** What a program in a terminal left. */
export interface TerminalResult {
  /** Exit status; minus n if signal n ended it. */
  readonly code: number;
  /** Everything it printed. */
  readonly screen: string;
  /** Whether the terminal echoes and edits lines again. */
  readonly sane: boolean;
}

/** The program that makes the terminal. */
export const TERMINAL_DRIVER = "python3";

const DRIVER = `
import fcntl, json, os, re, select, signal, subprocess, sys, termios, time
spec = json.load(sys.stdin)
master, slave = os.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\\x18\\x00\\x50\\x00\\x00\\x00\\x00\\x00")
child = subprocess.Popen(spec["command"], env=spec["env"], stdin=slave, stdout=slave, stderr=slave,
    start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
screen, seen, deadline = b"", 0, time.time() + 20
def read(patience):
    global screen
    if not select.select([master], [], [], patience)[0]: return False
    screen += os.read(master, 65536)
    return True
for step in spec["steps"]:
    wanted = step["wait"].encode()
    while wanted not in screen[seen:]:
        if time.time() > deadline or (child.poll() is not None and not read(0)):
            child.kill(); sys.exit("never saw " + repr(step["wait"]) + " in " + repr(screen))
        read(0.05)
    seen = screen.index(wanted, seen) + len(wanted)
    if "copy" in step: os.write(master, re.findall(step["copy"].encode(), screen)[-1])
    if "send" in step: os.write(master, step["send"].encode())
    if "signal" in step: os.kill(child.pid, getattr(signal, step["signal"]))
while child.poll() is None and time.time() < deadline: read(0.02)
if child.poll() is None: child.kill(); sys.exit("did not end: " + repr(screen))
while read(0): pass
flags = termios.tcgetattr(slave)[3]
print(json.dumps({"code": child.returncode, "screen": screen.decode(),
    "sane": bool(flags & termios.ECHO and flags & termios.ICANON and flags & termios.ISIG)}))
`;

/** Runs a program in a terminal of 80 columns, with the whole environment given. */
export async function runInTerminal(
  command: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly steps: readonly TerminalStep[];
  },
): Promise<TerminalResult> {
  const env = { TERM: "xterm", ...options.env };
  const { code, stdout, stderr } = await runCommand([TERMINAL_DRIVER, "-c", DRIVER], {
    stdin: JSON.stringify({ command, env, steps: options.steps }),
  });
  if (code !== 0) throw new Error(`The terminal session failed: ${stderr}`);
  return JSON.parse(stdout);
}
