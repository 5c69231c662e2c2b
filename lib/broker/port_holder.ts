/**
 * Which program listens on a port of this computer, as far as the system tells its user.
 *
 * @module
 */

/** A program that listens. */
export interface PortHolder {
  readonly pid: number;
  /** Its short name. */
  readonly name: string;
}

/** The tools that tell, by what each prints. The first one that is there and knows counts. */
const TOOLS: readonly {
  readonly command: (port: number) => readonly [string, ...string[]];
  readonly parse: (text: string) => PortHolder | undefined;
}[] = [
  { command: (port) => ["ss", "-Hltnp", `sport = :${port}`], parse: parseSs },
  { command: (port) => ["lsof", "-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"], parse: parseLsof },
];

/** Finds who listens on a TCP port; `undefined` if nobody does, or nobody tells us. */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  for (const { command, parse } of TOOLS) {
    const holder = parse(await output(command(port)));
    if (holder !== undefined) return holder;
  }
  return undefined;
}

/** Reads what `ss -Hltnp` prints: a line that ends with `users:(("<name>",pid=<pid>,fd=<fd>))`. */
export function parseSs(text: string): PortHolder | undefined {
  const [, name, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(text) ?? [];
  return name === undefined ? undefined : { pid: Number(pid), name };
}

/** Reads what `lsof -Fpc` prints: a line `p<pid>`, then one `c<name>`. */
export function parseLsof(text: string): PortHolder | undefined {
  const [, pid, name] = /^p(\d+)\nc(.+)$/m.exec(text) ?? [];
  return name === undefined ? undefined : { pid: Number(pid), name };
}

async function output([program, ...args]: readonly [string, ...string[]]): Promise<string> {
  try {
    const command = new Deno.Command(program, { args, stdin: "null", stderr: "null" });
    return new TextDecoder().decode((await command.output()).stdout);
  } catch {
    return ""; // It is not installed.
  }
}
