/**
 * `authsome doctor`: checks that everything is in order, and says how to fix it.
 *
 * @module
 */

import type { Broker } from "../../broker/broker.ts";
import { type Check, checkHealth } from "../../broker/doctor.ts";
import type { InputOf } from "../dispatch.ts";
import type { Output } from "../output.ts";
import { openCommandBroker } from "../open_broker.ts";
import type { Session } from "../session.ts";
import { escapeControls } from "../text.ts";

/** Runs the command; 1 if a check fails. */
export async function run(input: InputOf<"doctor">, session: Session): Promise<number> {
  const { output } = session;
  using broker = openCommandBroker(session);
  if (input.flags.client) return await tryClients(broker, output);
  const checks = await checkHealth(broker);
  const failed = checks.filter((check) => !check.ok).length;
  output.result({ ok: failed === 0, checks }, () => {
    const lines = checks.map((check) => formatCheck(check, output)).join("");
    if (failed === 0) return `${lines}Everything is in order.\n`;
    return `${lines}${failed === 1 ? "One check" : `${failed} checks`} failed.\n`;
  });
  return failed === 0 ? 0 : 1;
}

async function tryClients(broker: Broker, output: Output): Promise<number> {
  const { checkClients } = await import("../../broker/client_check.ts");
  const { formatChecks, formatReport } = await import("../client_report.ts");
  output.note("Trying the programs on this computer. This takes up to a minute.");
  const verdicts = await checkClients(broker);
  const checks = formatChecks(verdicts);
  const ok = checks.every((check) => check.ok);
  output.result({ ok, checks }, () => formatReport(verdicts, output));
  return ok ? 0 : 1;
}

const NAME_WIDTH = 13;

function formatCheck({ name, ok, message, hint }: Check, { style }: Output): string {
  const mark = ok ? style.good("ok  ") : style.bad("FAIL");
  const text = `${mark}  ${style.dim(name.padEnd(NAME_WIDTH))} ${escapeControls(message)}\n`;
  return hint === "" ? text : `${text}${" ".repeat(NAME_WIDTH + 7)}${escapeControls(hint)}\n`;
}
