/**
 * What attackers have in their hands in `tests/attacks/`, and what must be true after each attempt,
 * whatever else its test says.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ProxyOptions } from "../../lib/proxy/server.ts";
import { assertAbsent } from "./canary.ts";
import { answerAlways, type Origin, type OriginScript, startOrigin } from "./origin.ts";
import {
  CANARY,
  ROUTED_HOST,
  startTestProxy,
  type TestProxy,
  type TlsWish,
  TOKEN,
} from "./proxy.ts";

const SECURITY = new URL("../../.github/SECURITY.md", import.meta.url);

/** Declares the test of one attack, which `SECURITY.md` must name. */
export function attack(
  name: string,
  commit: () => void | Promise<void>,
  { ignore = false }: { readonly ignore?: boolean } = {},
): void {
  Deno.test({
    name,
    ignore,
    fn: async () => {
      assert.ok(Deno.readTextFileSync(SECURITY).includes(`\n- ${name}\n`), "not in SECURITY.md");
      await commit();
    },
  });
}

/** A host of the attacker's. */
export const ATTACKER_HOST = "attacker.example";

/** The request line and `Host` of a GET for the routed host. */
export const GET = `GET / HTTP/1.1\r\nHost: ${ROUTED_HOST}\r\n`;

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A run as its child, or another process beside it, sees it. */
export interface Attempt {
  readonly proxy: TestProxy;
  /** The service that the credential is for. */
  readonly service: Origin;
  /** A server of the attacker's, for {@link ATTACKER_HOST}. */
  readonly attacker: Origin;
  /** Sends bytes through a tunnel of the child's to the routed host; gives head and body. */
  ask(request: string, wish?: TlsWish): Promise<string>;
  /** Sends bytes to the proxy's port, without anything else; gives head and body. */
  askBare(request: string): Promise<string>;
}

/** What a test of an attempt changes. */
export interface AttemptOptions {
  /** How the service answers; by default 200. */
  readonly respond?: OriginScript["respond"];
  /** Protocols the service offers by ALPN. */
  readonly alpn?: readonly string[];
  /** The service speaks no TLS, so that whatever it gets can be read on the way. */
  readonly plain?: boolean;
  readonly proxy?: Partial<ProxyOptions>;
}

/**
 * Lets `commit` try. Afterwards, the child has not seen the credential, the attacker has got neither
 * it nor the run's token, and the service has not got the token.
 */
export async function attempt(
  commit: (attempt: Attempt) => Promise<void>,
  options: AttemptOptions = {},
): Promise<void> {
  const { respond = answerAlways(OK), alpn, plain = false } = options;
  const service = await startOrigin({ host: ROUTED_HOST, respond, plain, ...(alpn && { alpn }) });
  const attacker = await startOrigin({ host: ATTACKER_HOST, respond: answerAlways(OK) });
  const origins = { [ROUTED_HOST]: service.port, [ATTACKER_HOST]: attacker.port };
  const proxy = await startTestProxy({ origins, ...options.proxy });
  let seen = "";
  const exchange = async (wire: Awaited<ReturnType<TestProxy["open"]>>, request: string) => {
    await wire.send(request);
    const head = await wire.takeHead();
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? "0");
    const answer = head + await wire.takeBytes(length);
    seen += wire.received();
    wire.close();
    return answer;
  };
  try {
    await commit({
      proxy,
      service,
      attacker,
      ask: async (request, wish) =>
        await exchange(await proxy.connectTls(ROUTED_HOST, wish), request),
      askBare: async (request) => await exchange(await proxy.open(), request),
    });
    assertAbsent([CANARY], seen, "what the child saw");
    assertAbsent([CANARY, TOKEN], attacker.received(), "what the attacker got");
    const forbidden = plain ? [CANARY, TOKEN] : [TOKEN];
    assertAbsent(forbidden, service.received(), "what the service got");
  } finally {
    await proxy.close();
    await service.close();
    await attacker.close();
  }
}
