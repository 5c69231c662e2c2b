import assert from "node:assert/strict";
import { formatSeatbeltProfile, type SeatbeltPlan } from "../../lib/isolation/seatbelt.ts";

const PLAN: SeatbeltPlan = {
  proxyPort: 50123,
  home: "/Users/ann/.authsome",
  runFolder: "/Users/ann/.authsome/run/0123456789abcdef",
  userHome: "/Users/ann",
  keyFile: "/Volumes/keys/master",
  program: "/usr/local/bin/authsome",
};

/** Rules that decide, in an order in which the later one wins. */
const ORDER = [
  "(version 1)",
  "(allow default)",
  "(deny network*)",
  '(allow network-outbound (remote ip "localhost:50123"))',
  "(deny process-info* (target others))",
  "(deny mach-priv-task-port)",
  "(deny job-creation)",
  '(deny file-read* file-write* (subpath "/Users/ann/.authsome"))',
  '(allow file-read* (subpath "/Users/ann/.authsome/run/0123456789abcdef"))',
  '(deny file-write* (literal "/usr/local/bin/authsome"))',
  '(deny file-read* file-write* (literal "/Volumes/keys/master"))',
  '(deny file-read* file-write* (subpath "/Users/ann/Library/Keychains"))',
  '(deny file-write* (subpath "/Users/ann/Library/LaunchAgents"))',
  '(deny file-write-unlink (literal "/Users/ann/Library"))',
];

Deno.test("formatSeatbeltProfile() shuts what the child must not have, in the order that counts", () => {
  const lines = formatSeatbeltProfile(PLAN).trimEnd().split("\n");
  const places = ORDER.map((rule) => lines.indexOf(rule));
  assert.ok(!places.includes(-1), `rule ${places.indexOf(-1)} is missing`);
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
});

Deno.test("formatSeatbeltProfile() denies the services that open keychains", () => {
  assert.match(formatSeatbeltProfile(PLAN), /deny mach-lookup .*"com\.apple\.SecurityServer"/);
});

Deno.test("formatSeatbeltProfile() keeps quotes in a path from ending a rule", () => {
  const profile = formatSeatbeltProfile({ ...PLAN, home: '/Users/a"b\\c' });
  assert.ok(profile.includes(String.raw`(subpath "/Users/a\"b\\c")`));
});

Deno.test("formatSeatbeltProfile() has balanced parentheses", () => {
  const profile = formatSeatbeltProfile({ ...PLAN, userHome: undefined, keyFile: undefined });
  assert.equal(profile.split("(").length, profile.split(")").length);
  assert.ok(!profile.includes("undefined"));
});
