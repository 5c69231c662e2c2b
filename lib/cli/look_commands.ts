/**
 * The commands for looking and changing, as data; part of the command table.
 *
 * @module
 */

import { AUDIT_EVENTS } from "../audit.ts";
import type { CommandSpec } from "./command_spec.ts";
import { CONNECTION, PROVIDER } from "./shared_arguments.ts";

/** In the order of the help. */
export const LOOK_COMMANDS = {
  list: {
    group: "look",
    summary: "List the providers and your connections",
    about:
      "At a terminal the providers that are not connected are shown by name only, unless you " +
      "search. WORD is a part of a provider's name or of the service's own name.",
    positionals: { word: { required: false } },
    flags: {
      connected: { kind: "switch", summary: "Only providers you are logged in to" },
      auth: {
        kind: "text",
        value: "TYPE",
        summary: "Only providers with api_key or oauth2",
        choices: ["api_key", "oauth2"],
      },
    },
    examples: [
      "authsome list --connected",
      "authsome list --auth oauth2",
      "authsome list mail",
      "authsome list --json | jq '.providers[].name'",
    ],
  },
  scan: {
    group: "look",
    summary: "Find keys in .env files, shell profiles and the environment",
    about:
      "Looks below the current folder, but not where git looks away; a .env file is read even " +
      "if git ignores it. Keys are known by the name of their variable or by their shape, and " +
      "compared with the vault. No key is ever shown whole. What --clean changes is kept as it " +
      "was, keys in clear text, in the folder 'backups' of authsome's home until you remove it.",
    positionals: {},
    flags: {
      import: { kind: "switch", summary: "Store the keys that are not stored yet" },
      clean: {
        kind: "switch",
        summary: "Comment the lines of stored keys out (asks first, keeps a backup)",
      },
      connection: { ...CONNECTION, summary: "The name to store them under (default: default)" },
      yes: { kind: "switch", summary: "Do not ask" },
    },
    examples: [
      "authsome scan",
      "authsome scan --import --clean",
      "authsome scan --import --connection work",
    ],
  },
  inspect: {
    group: "look",
    summary: "Print a provider's definition, ready to be changed",
    positionals: { provider: PROVIDER },
    flags: { connections: { kind: "switch", summary: "Print its connections too" } },
    examples: [
      "authsome inspect openai",
      "authsome inspect openai > ~/.authsome/providers/openai.json",
    ],
  },
  register: {
    group: "look",
    summary: "Check a provider definition of your own and install it",
    positionals: { file: { required: true, completes: "file" } },
    flags: {
      force: { kind: "switch", summary: "Replace the definition that has this name" },
      yes: { kind: "switch", summary: "Do not ask" },
    },
    examples: ["authsome register acme.json", "authsome register acme.json --force --yes"],
  },
  log: {
    group: "look",
    summary: "Show what happened: logins, runs, requests with credentials",
    about:
      "The trail is that of all profiles, and says so of an event that is not of the default " +
      "one. With --profile or AUTHSOME_PROFILE only that profile's events are shown.",
    positionals: {},
    flags: {
      n: { kind: "text", short: "n", value: "N", summary: "How many events (default: 20)" },
      follow: { kind: "switch", summary: "Go on as events happen, until Ctrl-C" },
      provider: {
        kind: "text",
        value: "P",
        summary: "Only events of this provider",
        completes: "provider",
      },
      connection: { ...CONNECTION, summary: "Only events of connections with this name" },
      run: { kind: "text", value: "ID", summary: "Only events of this run" },
      event: {
        kind: "text",
        value: "EVENT",
        summary: `Only this event: ${AUDIT_EVENTS.join(", ")}`,
        choices: AUDIT_EVENTS,
      },
      since: {
        kind: "text",
        value: "WHEN",
        summary: "Only later events: an age (30m, 12h, 7d) or a moment",
      },
      verify: { kind: "switch", summary: "Check that nothing was changed or removed" },
    },
    examples: [
      "authsome log -n 50",
      "authsome log --follow --event request",
      "authsome log --provider openai --since 24h",
      "authsome log --verify",
    ],
  },
  whoami: {
    group: "look",
    summary: "Show the home, the profile and how the vault is locked",
    positionals: {},
    flags: {},
    examples: ["authsome whoami"],
  },
  doctor: {
    group: "look",
    summary: "Check that everything is in order, and say how to fix it",
    about: "Looks at the home and its files, opens every record of the vault, follows the audit " +
      "trail, and checks definitions, connections, what dead runs left, the port of the login " +
      "page, the roots that children will trust, and the clock. With --client, the programs that " +
      "are found (curl, git, Python, Node, Go, Java and others) each make one request in a run, " +
      "with a made-up key to a service that does not exist; nothing leaves this computer. It " +
      "takes up to a minute.",
    positionals: {},
    flags: { client: { kind: "switch", summary: "Try the programs on this computer in a run" } },
    examples: ["authsome doctor", "authsome doctor --client"],
  },
} as const satisfies Readonly<Record<string, CommandSpec>>;
