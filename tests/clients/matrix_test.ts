import assert from "node:assert/strict";
import { CLIENT_VARIABLES } from "../../lib/ca/client_variables.ts";
import { type User, withUser } from "../support/authsome.ts";
import { nameOf } from "./client.ts";
import { CLIENTS, lackOf, NO_KITS } from "./matrix.ts";
import { readReadmeLines, tableLines, versionsIn } from "./readme_table.ts";
import { logInTo, tryClient } from "./trial.ts";

/** The rows that need nothing from a registry; `deno task clients` runs the others as well. */
const FOUND = CLIENTS.filter(({ kits = [] }) => kits.length === 0);

const lent = Promise.withResolvers<User>();
const returned = Promise.withResolvers<void>();
let borrowed: Promise<void> | undefined;

Deno.test.beforeAll(async () => {
  borrowed = withUser(async (user) => {
    await logInTo(user, FOUND);
    lent.resolve(user);
    await returned.promise;
  });
  await Promise.race([lent.promise, borrowed]);
});

Deno.test.afterAll(async () => {
  returned.resolve();
  await borrowed;
});

for (const client of FOUND) {
  const lack = await lackOf(client, NO_KITS);
  const outcome = client.fails === undefined
    ? "gets the credential, and reaches other hosts as before"
    : `is known to fail at ${client.fails.at}`;
  Deno.test({
    name: `${nameOf(client)} ${outcome}${lack === undefined ? "" : ` (needs ${lack})`}`,
    ignore: lack !== undefined,
    fn: async () => await tryClient(await lent.promise, client, NO_KITS),
  });
}

Deno.test("the README's table says what the rows say", () => {
  const lines = readReadmeLines();
  assert.deepEqual(lines, tableLines(versionsIn(lines)), "run `deno task clients --write`");
});

Deno.test("what a row says leads a client through the proxy is set in a run", () => {
  const names = CLIENT_VARIABLES.filter(({ when }) => when === "always").map(({ name }) => name);
  for (const { routedBy, trustedBy } of CLIENTS) {
    const named = `${routedBy} ${trustedBy}`.match(/[A-Z_]{4,}/g) ?? [];
    assert.deepEqual(named.filter((name) => !names.includes(name)), []);
  }
});

Deno.test("no two rows have the same name", () => {
  const names = CLIENTS.map(nameOf);
  assert.deepEqual(names, [...new Set(names)]);
});
