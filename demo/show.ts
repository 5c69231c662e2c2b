/**
 * Prints what happened in the demo, and judges it.
 *
 * @module
 */

/** What each side saw. */
export interface Look {
  /** The real key, made up for this demo. */
  readonly key: string;
  /** Output of `authsome login`. */
  readonly login: string;
  /** Output of the child. */
  readonly child: string;
  /** The `Authorization` header that reached the service. */
  readonly received: string;
}

const COLOR = Deno.stdout.isTerminal() && Deno.env.get("NO_COLOR") === undefined;

function paint(code: number, text: string): string {
  return COLOR ? `\x1b[${code}m${text}\x1b[0m` : text;
}

const bold = (text: string): string => paint(1, text);
const dim = (text: string): string => paint(2, text);
const green = (text: string): string => paint(32, text);
const yellow = (text: string): string => paint(33, text);
const red = (text: string): string => paint(31, text);

function print(line = ""): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

function mask(text: string): string {
  return text.replace(/sk-demo-[0-9a-f]+/, (key) => `${key.slice(0, 14)}…`);
}

/** Prints the story; true only if the key reached the service and never the child. */
export function show(look: Look): boolean {
  const variable = /^OPENAI_API_KEY=(.*)$/m.exec(look.child)?.[1] ?? "(nothing)";
  const answered = look.child.includes("gpt-demo");
  const injected = look.received === `Bearer ${look.key}`;
  const hidden = !look.child.includes(look.key) && !look.login.includes(look.key);
  print();
  print(`${dim("$")} ${bold("authsome login openai")}`);
  print(`  ${look.login.split("\n").at(-1) ?? ""}`);
  print(`${dim("$")} ${bold("authsome run -- curl https://api.openai.com/v1/models …")}`);
  print(`  ${answered ? look.child.split("\n").at(-1) : look.child}`);
  print();
  print(`  the child had          OPENAI_API_KEY=${yellow(variable)}`);
  print(`  the service received   Authorization: ${green(mask(look.received) || "(nothing)")}`);
  print();
  const verdict = injected && hidden && answered;
  print(
    verdict
      ? green("  The child used the key and never held it.")
      : red("  The injection did not happen."),
  );
  print();
  return verdict;
}
