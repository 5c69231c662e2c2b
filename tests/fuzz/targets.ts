/**
 * Everything that is fuzzed.
 *
 * @module
 */

import type { FuzzTarget } from "./target.ts";
import { chunked } from "./targets/chunked.ts";
import { clientHello } from "./targets/client_hello.ts";
import { h2Frames } from "./targets/h2_frames.ts";
import { h2Relay } from "./targets/h2_relay.ts";
import { hpack } from "./targets/hpack.ts";
import { policy } from "./targets/policy.ts";
import { requestHead } from "./targets/request_head.ts";

/** The targets, in the order they run. */
export const TARGETS: readonly FuzzTarget[] = [
  requestHead,
  chunked,
  h2Frames,
  hpack,
  h2Relay,
  clientHello,
  policy,
];
