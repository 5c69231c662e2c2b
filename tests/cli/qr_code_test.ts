import assert from "node:assert/strict";
import { formatQrCode } from "../../lib/cli/qr_code.ts";

const ADDRESS = "https://github.com/login/device";

Deno.test("formatQrCode() draws square cells with a quiet zone", () => {
  const lines = formatQrCode(ADDRESS, 80)?.split("\n") ?? [];
  const width = lines[0]?.length ?? 0;
  assert.equal(lines.pop(), "");
  assert.equal(lines.length, Math.ceil(width / 2));
  assert.ok(lines.every((line) => line.length === width && /^[█▀▄ ]+$/.test(line)));
  assert.match(lines[0] ?? "", /^█+$/);
  assert.ok(lines.slice(0, -1).every((line) => line.startsWith("██") && line.endsWith("██")));
  // The finder pattern of the upper left corner (ISO/IEC 18004, section 6.3.3).
  assert.deepEqual(lines.slice(1, 5).map((line) => line.slice(2, 9)), [
    " ▄▄▄▄▄ ",
    " █   █ ",
    " █▄▄▄█ ",
    "▄▄▄▄▄▄▄",
  ]);
});

Deno.test("formatQrCode() draws nothing that would wrap", () => {
  const width = formatQrCode(ADDRESS, undefined)?.indexOf("\n") ?? 0;
  assert.ok(formatQrCode(ADDRESS, width) !== undefined);
  assert.equal(formatQrCode(ADDRESS, width - 1), undefined);
});
