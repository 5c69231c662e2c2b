import assert from "node:assert/strict";
import { keepInside } from "../../lib/isolation/environment.ts";

const ENV = {
  HOME: "/home/ann",
  SSH_AUTH_SOCK: "/tmp/ssh-1/agent.1",
  DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/user/1000/bus",
  DISPLAY: ":0",
  TMUX: "/tmp/tmux-1000/default,1,0",
  NO_PROXY: "intranet.example",
  no_proxy: "intranet.example",
};

Deno.test("keepInside() removes what leads to programs outside, and what bypasses the proxy", () => {
  assert.deepEqual(keepInside(ENV, []), { HOME: "/home/ann" });
});

Deno.test("keepInside() keeps what leads to something shared", () => {
  const { HOME, SSH_AUTH_SOCK } = ENV;
  assert.deepEqual(keepInside(ENV, [SSH_AUTH_SOCK]), { HOME, SSH_AUTH_SOCK });
});
