import assert from "node:assert/strict";
import { acceptFrom } from "../../../lib/proxy/stream/tls_bridge.ts";

Deno.test("acceptFrom() takes only the connection we opened, and closes one that came first", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = { hostname: "127.0.0.1", port: listener.addr.port };
  const intruder = await Deno.connect(address);
  const near = await Deno.connect(address);
  const far = await acceptFrom(listener, near.localAddr);
  assert.equal(far.remoteAddr.port, near.localAddr.port);
  assert.equal(await intruder.read(new Uint8Array(1)), null);
  for (const conn of [intruder, near, far, listener]) conn.close();
});
