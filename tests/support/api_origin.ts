/**
 * A stand-in for a provider's API, and the flags that send a run's requests to it.
 *
 * @module
 */

import { join } from "node:path";
import { logIn, type User, withUser } from "./authsome.ts";
import type { CommandResult } from "./command.ts";
import { type Origin, startOrigin } from "./origin.ts";
import { playRealtime } from "./realtime.ts";
import type { Wire } from "./wire.ts";

/** A running stand-in. */
export interface ApiOrigin {
  readonly origin: Origin;
  /** Heads of the requests it received, in order. */
  readonly requests: readonly string[];
  /** Runs `command` behind authsome with requests for the host sent here. */
  run(user: User, command: readonly string[], flags?: readonly string[]): Promise<CommandResult>;
  /** The flags that send a run's requests here. */
  flags(user: User): readonly string[];
  close(): Promise<void>;
}

/** Answers every request with a JSON document that names the method and path, or as the API would. */
export async function startApiOrigin(host = "api.openai.com"): Promise<ApiOrigin> {
  const requests: string[] = [];
  const origin = await startOrigin({
    host,
    respond: async (wire) => {
      for (;;) {
        const head = await wire.takeHead();
        requests.push(head);
        if (headerOf(head, "upgrade") !== undefined) return await playRealtime(wire, head);
        await answer(wire, head);
      }
    },
  });
  const flags = (user: User): readonly string[] => {
    const caFile = join(user.folder, `${host}-ca.pem`);
    Deno.writeTextFileSync(caFile, origin.caPem);
    return ["--connect-to", `${host}:443:127.0.0.1:${origin.port}`, "--upstream-ca", caFile];
  };
  return {
    origin,
    requests,
    flags,
    run: (user, command, more = []) =>
      user.authsome(["run", ...flags(user), ...more, "--", ...command]),
    close: () => origin.close(),
  };
}

async function answer(wire: Wire, head: string): Promise<void> {
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? "0");
  const body = await wire.takeBytes(length);
  const [method = "", target = ""] = head.split(" ");
  const [path = ""] = target.split("?");
  const streamed = body.includes('"stream":true') || body.includes('"stream": true');
  if (streamed && path.endsWith("/messages")) await sendEvents(wire, messageEvents());
  else if (streamed && path.endsWith("/responses")) await sendEvents(wire, responseEvents());
  else if (streamed) await sendEvents(wire, completionEvents());
  else await sendJson(wire, replyTo(method, target));
}

function replyTo(method: string, target: string): string {
  const [path = ""] = target.split("?");
  if (path.endsWith("/messages")) return JSON.stringify(messageWith([MESSAGE_TEXT]));
  if (!path.endsWith("/chat/completions")) return JSON.stringify({ method, path: target });
  return JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "gpt-test",
    choices: [{
      index: 0,
      finish_reason: "stop",
      message: { role: "assistant", content: "hello from the stand-in" },
    }],
  });
}

async function sendJson(wire: Wire, body: string): Promise<void> {
  await wire.send(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

const MESSAGE_TEXT = { type: "text", text: "hello from the stand-in" };

function messageWith(content: readonly unknown[]): unknown {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const ends = { stop_reason: "end_turn", stop_sequence: null };
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "test",
    content,
    usage,
    ...ends,
  };
}

/** A streamed message as the Anthropic API sends it. */
function messageEvents(): string[] {
  const index = 0;
  const delta = { type: "text_delta", text: "hello stream" };
  const events = [
    { type: "message_start", message: messageWith([]) },
    { type: "content_block_start", index, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index, delta },
    { type: "content_block_stop", index },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } },
    { type: "message_stop" },
  ];
  return formatEvents(events);
}

function formatEvents(events: readonly Readonly<Record<string, unknown>>[]): string[] {
  return events.map((event) => `event: ${event["type"]}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** A streamed response as the OpenAI API sends it. */
function responseEvents(): string[] {
  const content = [{ type: "output_text", text: "hello stream", annotations: [] }];
  const item = { id: "msg_1", type: "message", role: "assistant", status: "completed", content };
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  const response = { id: "resp_1", object: "response", status: "completed", output: [item], usage };
  return formatEvents([
    { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response },
  ]);
}

/** A streamed chat completion as the OpenAI API sends it, in three parts. */
function completionEvents(): string[] {
  const events = ["hel", "lo str", "eam"].map((content) =>
    JSON.stringify({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      created: 1,
      model: "gpt-test",
      choices: [{ index: 0, delta: { content }, finish_reason: null }],
    })
  );
  return [...events, "[DONE]"].map((event) => `data: ${event}\n\n`);
}

/** Server-sent events, chunked. */
async function sendEvents(wire: Wire, events: readonly string[]): Promise<void> {
  await wire.send(
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
  );
  for (const text of events) await wire.send(`${text.length.toString(16)}\r\n${text}\r\n`);
  await wire.send("0\r\n\r\n");
}

/** Gives `use` a stand-in, and a person who is logged in to it. */
export async function withApi(use: (user: User, api: ApiOrigin) => Promise<void>): Promise<void> {
  const api = await startApiOrigin();
  try {
    await withUser(async (user) => {
      await logIn(user);
      await use(user, api);
    });
  } finally {
    await api.close();
  }
}

/** The value of a header in a request head, or `undefined`. */
export function headerOf(head: string | undefined, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*)\\r$`, "im").exec(head ?? "")?.[1];
}
