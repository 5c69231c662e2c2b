/**
 * Backups: no file but the home's own is ever named, and nothing in one that is taken for intact
 * differs from what was backed up.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  type BackupContents,
  formatBackup,
  isIntact,
  parseBackup,
} from "../../../lib/vault/backup_file.ts";
import { generateJson, textOf } from "../json_text.ts";
import type { FuzzTarget } from "../target.ts";

const KEY = { kid: "k1", bytes: new Uint8Array(32).fill(7) };
const CONTENTS: BackupContents = {
  madeAt: "2026-01-01T00:00:00.000Z",
  records: [
    { key: "profile:default:openai:state", value: '{"schema_version":1}' },
    { key: "vault:data_key", value: "{}" },
  ],
  files: [
    { name: "config.json", text: "{}" },
    { name: "providers/acme.json", text: '{"name":"acme"}' },
  ],
};
const SAMPLE: unknown = JSON.parse(formatBackup(CONTENTS, KEY));

/** The target. */
export const backup: FuzzTarget = {
  name: "backup",
  generate: (random) => generateJson(random, [SAMPLE]),
  check: (input) => {
    const parsed = parseBackup(textOf(input));
    if (parsed === undefined || parsed === "newer") return;
    for (const { name } of parsed.contents.files) {
      assert.match(name, /^(config\.json|providers\/[a-z0-9][a-z0-9_-]*\.json)$/);
    }
    if (isIntact(parsed, KEY)) assert.deepEqual(parsed.contents, CONTENTS);
  },
};
