import assert from "node:assert/strict";
import { findPortHolder, parseLsof, parseSs } from "../../lib/broker/port_holder.ts";
import { findProgram } from "../support/command.ts";

Deno.test("parseSs() and parseLsof() read name and number", () => {
  const line = 'LISTEN 0 5 127.0.0.1:7998 0.0.0.0:* users:(("python3",pid=512,fd=3))\n';
  assert.deepEqual(parseSs(line), { pid: 512, name: "python3" });
  assert.equal(parseSs("LISTEN 0 5 127.0.0.1:7998 0.0.0.0:*\n"), undefined);
  assert.deepEqual(parseLsof("p512\ncPython\nf7\n"), { pid: 512, name: "Python" });
  assert.equal(parseLsof(""), undefined);
});

const hasTool = ["ss", "lsof"].some((name) => findProgram(name) !== undefined);

Deno.test({
  name: "findPortHolder() names the program that listens",
  ignore: !hasTool,
  fn: async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    assert.equal((await findPortHolder(port))?.pid, Deno.pid);
    listener.close();
    assert.equal(await findPortHolder(port), undefined);
  },
});
