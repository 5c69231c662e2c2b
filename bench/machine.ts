/**
 * Says what a measurement was made on.
 *
 * @module
 */

import { runProgram } from "./program.ts";

/** Machine, operating system, tools and date, one fact a line. */
export async function describeMachine(): Promise<string> {
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const facts = [
    `${new Date().toISOString().slice(0, 10)}, ${await processor()}, ` +
    `${navigator.hardwareConcurrency} processors, ${memory} GiB`,
    `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}, Deno ${Deno.version.deno}, ` +
    `${await version(["go", "version"], /go\d[\d.]*/)}, ${await nginxVersion()}`,
  ];
  return facts.map((fact) => `- ${fact}`).join("\n");
}

/** The Deno that a compiled program carries, by its user agent; `Deno unknown` if it has none. */
export async function runtimeOf(binary: string): Promise<string> {
  const pattern = "Deno/[0-9]+[.][0-9]+[.][0-9]+";
  const found = await runProgram(["grep", "-aoEm1", pattern, binary]).catch(() => "");
  return `Deno ${found.split("\n")[0]?.slice("Deno/".length) || "unknown"}`;
}

async function processor(): Promise<string> {
  try {
    const text = await Deno.readTextFile("/proc/cpuinfo");
    return /^model name\s*:\s*(.+)$/m.exec(text)?.[1] ?? "unknown processor";
  } catch {
    return "unknown processor";
  }
}

async function version(command: readonly string[], pattern: RegExp): Promise<string> {
  return pattern.exec(await runProgram(command))?.[0] ?? command.join(" ");
}

/** nginx tells its version on standard error. */
async function nginxVersion(): Promise<string> {
  const { stderr } = await new Deno.Command("nginx", { args: ["-v"] }).output();
  return /nginx\/[\d.]+/.exec(new TextDecoder().decode(stderr))?.[0] ?? "nginx";
}
