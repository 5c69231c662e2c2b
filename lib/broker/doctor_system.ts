/**
 * The checks of `doctor` that look at the computer: port, certificates, clock.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { AuthsomeError } from "../errors.ts";
import { LOGIN_HOST, LOGIN_PORT } from "../login_address.ts";
import { reasonOf } from "../vault/file_error.ts";
import type { Broker } from "./broker.ts";
import { type CheckResult, failed, passed } from "./doctor_result.ts";
import { findPortHolder } from "./port_holder.ts";

/** The clock may be this far behind what was recorded, in milliseconds: 5 minutes. */
const CLOCK_TOLERANCE_MS = 300_000;

/** No clock that is right shows an earlier time than this program was written at. */
const EARLIEST = Date.UTC(2025, 0, 1);

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Whether the login page can have its port, which OAuth redirects need. */
export async function checkLoginPort(): Promise<readonly CheckResult[]> {
  try {
    Deno.listen({ hostname: LOGIN_HOST, port: LOGIN_PORT }).close();
    return passed(`Port ${LOGIN_PORT} is free.`);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw unusableLoopback(error);
  }
  const holder = await findPortHolder(LOGIN_PORT);
  const who = holder === undefined
    ? "a program of somebody else"
    : `${holder.name} (${holder.pid})`;
  const end = holder === undefined ? "End that program" : `End it: kill ${holder.pid}`;
  return [{
    ok: true,
    message: `Port ${LOGIN_PORT} is held by ${who}; API key logins will use another.`,
    hint: `OAuth logins in the browser wait for it. ${end}, or use --redirect-port.`,
  }];
}

function unusableLoopback(cause: unknown): AuthsomeError {
  const message = "This computer does not let programs listen on 127.0.0.1.";
  return new AuthsomeError("unexpected", message, {
    hint: "Check the firewall and the sandbox, if there is one.",
    cause,
  });
}

/** Whether there are roots that children and our own TLS can trust. */
export async function checkCertificates({ env, now }: Broker): Promise<readonly CheckResult[]> {
  const file = env.SSL_CERT_FILE ?? "";
  const problem = file === "" ? undefined : problemOfRoots(file, now());
  if (problem !== undefined) {
    return failed(
      `SSL_CERT_FILE names ${file}, which ${problem}.`,
      "Correct it, or: unset SSL_CERT_FILE",
    );
  }
  const roots = await readRoots(env);
  if (roots.length > 0) return passed(`Children will trust the system's roots (${roots.length}).`);
  return failed(
    "No root certificates were found on this system.",
    "Install them (the package is mostly called ca-certificates), or set SSL_CERT_FILE.",
  );
}

async function readRoots(env: Broker["env"]): Promise<readonly string[]> {
  const { createTrustBundles } = await import("../ca/trust.ts");
  const { complete } = await createTrustBundles({ env, rootPem: "" });
  return complete.match(CERTIFICATE) ?? [];
}

/** A clause that follows the path, or `undefined` if the file holds a root that can be used. */
function problemOfRoots(path: string, now: number): string | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "is not there";
    return `cannot be read (${reasonOf(error)})`;
  }
  const certificates = text.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) return "holds no certificate in PEM";
  const states = certificates.map((pem) => stateOf(pem, now));
  if (states.every((state) => state === "malformed")) {
    return "holds no certificate that can be read";
  }
  return states.includes("valid") ? undefined : "holds certificates that are out of date only";
}

function stateOf(pem: string, now: number): "valid" | "out of date" | "malformed" {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    return Date.parse(validFrom) <= now && now <= Date.parse(validTo) ? "valid" : "out of date";
  } catch {
    return "malformed";
  }
}

/** Whether the clock can be right: not before what was recorded, nor when most roots have ended. */
export async function checkClock(broker: Broker): Promise<readonly CheckResult[]> {
  const { trail, env, now } = broker;
  const time = now();
  const shown = `The clock shows ${new Date(time).toISOString()}`;
  const hint = "Set it: certificates and token lifetimes depend on it.";
  const known = [
    ...trail.readLast(1).map((event) => event.time),
    ...recordTimes(broker),
  ].map(Date.parse).filter((moment) => !Number.isNaN(moment));
  const latest = Math.max(EARLIEST, ...known);
  if (time < latest - CLOCK_TOLERANCE_MS) {
    const since = new Date(latest).toISOString();
    return failed(`${shown}, but something here is from ${since}.`, hint);
  }
  const states = (await readRoots(env)).map((pem) => stateOf(pem, time));
  const valid = states.filter((state) => state === "valid").length;
  if (valid >= states.length / 2) return passed("The clock looks right.");
  return failed(`${shown}: most of the system's roots are not valid then.`, hint);
}

/** If the vault cannot be read, the check of the vault says so. */
function recordTimes(broker: Broker): readonly string[] {
  try {
    return broker.vault.connections(broker.profile).map((record) => record.obtained_at);
  } catch (error) {
    if (error instanceof AuthsomeError) return [];
    throw error;
  }
}
