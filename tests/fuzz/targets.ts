/**
 * Everything that is fuzzed.
 *
 * @module
 */

import type { FuzzTarget } from "./target.ts";
import { audit } from "./targets/audit.ts";
import { backup } from "./targets/backup.ts";
import { chunked } from "./targets/chunked.ts";
import { clientHello } from "./targets/client_hello.ts";
import { definition } from "./targets/definition.ts";
import { envelope } from "./targets/envelope.ts";
import { h2Frames } from "./targets/h2_frames.ts";
import { h2Relay } from "./targets/h2_relay.ts";
import { hpack } from "./targets/hpack.ts";
import { policy } from "./targets/policy.ts";
import { policyConfig } from "./targets/policy_config.ts";
import { record } from "./targets/record.ts";
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
  policyConfig,
  envelope,
  record,
  definition,
  audit,
  backup,
];
