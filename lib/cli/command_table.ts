/**
 * The command line as data: every command with its arguments, flags and examples. The parser, the
 * help, the completions and the types of the commands' inputs all come from this table.
 *
 * @module
 */

import type { CommandSpec, FlagTable } from "./command_spec.ts";
import { LOOK_COMMANDS } from "./look_commands.ts";
import { CONNECTION, PROVIDER } from "./shared_arguments.ts";
import { POLICY_FLAGS } from "./policy_flags.ts";
import { VAULT_COMMANDS } from "./vault_commands.ts";

/** Accepted before and after every command. */
export const GLOBAL_FLAGS = {
  json: { kind: "switch", summary: "Print one JSON document, failures included" },
  quiet: { kind: "switch", summary: "Print nothing but results, warnings and errors" },
  verbose: { kind: "switch", summary: "Say more, above all why something failed" },
  "no-color": { kind: "switch", summary: "Use no colours (as does NO_COLOR)" },
  profile: {
    kind: "text",
    value: "NAME",
    summary: "A separate set of connections (or AUTHSOME_PROFILE)",
  },
  help: { kind: "switch", short: "h", summary: "Explain authsome, or the command" },
  version: { kind: "switch", short: "v", summary: "Print the version" },
} as const satisfies FlagTable;

/** Every command by its name, in the order of the help. */
export const COMMANDS = {
  login: {
    group: "connect",
    summary: "Log in to a provider and keep the credential in the vault",
    about: "A key comes from, in this order: --stdin, --from-env, the browser form (if there is " +
      "a display), the terminal. It is never taken from an argument. With OAuth you sign in at " +
      "the provider: in the browser (pkce, dcr_pkce), or with a code that you enter on any " +
      "device (device_code), which suits SSH. The OAuth client, your own app at the provider, " +
      "is asked for once, and again with --force.",
    positionals: { provider: PROVIDER },
    flags: {
      connection: CONNECTION,
      force: { kind: "switch", summary: "Replace an existing connection" },
      stdin: {
        kind: "switch",
        summary: "Read the key, or with --client-id the client secret, from standard input",
      },
      "from-env": {
        kind: "optional",
        value: "VAR",
        summary: "Read the key from a variable (default: the provider's own)",
      },
      "no-browser": { kind: "switch", summary: "Print the page's address and open nothing" },
      "base-url": { kind: "text", value: "URL", summary: "Your own instance of the service" },
      flow: {
        kind: "text",
        value: "FLOW",
        summary: "api_key, pkce, device_code or dcr_pkce",
        choices: ["api_key", "pkce", "device_code", "dcr_pkce"],
      },
      scopes: { kind: "text", value: "A,B", summary: "OAuth scopes to ask for" },
      "client-id": { kind: "text", value: "ID", summary: "Your own OAuth client" },
      "redirect-port": {
        kind: "text",
        value: "PORT",
        summary: "Port of the OAuth redirect (default: 7998; 0 is a free one)",
      },
    },
    examples: [
      "authsome login openai",
      "authsome login openai --connection team",
      "pass show openai | authsome login openai --stdin",
      "authsome login openai --from-env OPENAI_API_KEY --force",
      "authsome login github",
      "authsome login github --flow device_code --client-id Iv1.0123456789abcdef",
    ],
  },
  logout: {
    group: "connect",
    summary: "Remove one connection from the vault",
    positionals: { provider: PROVIDER },
    flags: { connection: CONNECTION },
    examples: ["authsome logout openai", "authsome logout openai --connection team"],
  },
  revoke: {
    group: "connect",
    summary: "Revoke a credential at the provider if possible, then remove it",
    about: "OAuth tokens are revoked at the provider, the refresh token first. The connection is " +
      "removed here even if that fails, which the exit status tells. API keys can only be deleted " +
      "at the provider, by hand.",
    positionals: { provider: PROVIDER },
    flags: {
      connection: CONNECTION,
      all: { kind: "switch", summary: "Every connection of the provider" },
    },
    examples: ["authsome revoke github", "authsome revoke github --all"],
  },
  remove: {
    group: "connect",
    summary: "Remove all that is stored for a provider, your definition too",
    positionals: { provider: PROVIDER },
    flags: {},
    examples: ["authsome remove openai"],
  },
  "set-default": {
    group: "connect",
    summary: "Choose the connection that is used when none is named",
    positionals: { provider: PROVIDER, connection: { required: true, completes: "connection" } },
    flags: {},
    examples: ["authsome set-default openai team"],
  },
  run: {
    group: "use",
    summary: "Run a program; its requests get the credentials, it gets none",
    about: "The program sees placeholders. A proxy that lives as long as the program puts the " +
      "real credentials into its requests, for the connected providers and for no other host. With " +
      "--isolate it is in a sandbox too (bubblewrap on Linux, sandbox-exec on macOS): no vault, no " +
      "other programs, no network but the proxy.",
    positionals: {},
    rest: "COMMAND",
    flags: {
      connection: {
        kind: "list",
        value: "P=NAME",
        summary: "Use connection NAME of provider P",
      },
      provider: {
        kind: "list",
        value: "P",
        summary: "Use this provider only (repeatable)",
        completes: "provider",
      },
      only: { kind: "switch", summary: "Refuse every other host" },
      isolate: {
        kind: "switch",
        summary: "Keep the program from the vault, other programs and the network",
      },
      share: {
        kind: "list",
        value: "PATH",
        summary: "With --isolate: show it this file, folder or socket too",
        completes: "file",
      },
      ...POLICY_FLAGS,
      "base-url-mode": {
        kind: "switch",
        summary: "Lead SDKs here by OPENAI_BASE_URL and the like, too",
      },
      "no-redact": { kind: "switch", summary: "Do not mask credentials in answers" },
      "no-node-preload": { kind: "switch", summary: "Leave NODE_OPTIONS as it is" },
      "connect-to": {
        kind: "list",
        value: "HOST:PORT:ADDR:PORT",
        summary: "Send a host's connections elsewhere, as in curl",
      },
      "upstream-ca": {
        kind: "list",
        value: "FILE",
        summary: "Trust these certificates too (PEM)",
        completes: "file",
      },
    },
    examples: [
      "authsome run -- python my_agent.py",
      "authsome run --connection openai=team -- npm start",
      "authsome run --isolate --provider openai --only -- ./untrusted-agent",
      "authsome run --allow 'openai:POST /v1/chat/**' --expires 1h -- ./agent",
      "authsome run --base-url-mode -- ./program-that-knows-no-proxy",
    ],
  },
  export: {
    group: "use",
    summary: "Print credentials for tools that cannot use the proxy",
    about: "This hands out the real credential. Prefer: authsome run -- COMMAND",
    positionals: { provider: { required: false, completes: "provider" } },
    flags: {
      connection: CONNECTION,
      format: {
        kind: "text",
        value: "FORMAT",
        summary: "env (default), shell, dotenv, json, fish or powershell",
        choices: ["env", "shell", "dotenv", "json", "fish", "powershell"],
      },
    },
    examples: [
      'eval "$(authsome export openai --format env)"',
      "authsome export openai --format fish | source",
      "authsome export --format dotenv > .env",
    ],
  },
  get: {
    group: "use",
    summary: "Show a connection, its secrets redacted",
    positionals: { provider: PROVIDER },
    flags: {
      connection: CONNECTION,
      field: {
        kind: "text",
        value: "FIELD",
        summary: "Print this field only, for example status",
        choices: [
          "status",
          "auth_type",
          "scopes",
          "expires_at",
          "obtained_at",
          "api_key",
          "access_token",
        ],
        open: true,
      },
      "show-secret": { kind: "switch", summary: "Do not redact (this is recorded)" },
    },
    examples: [
      "authsome get openai --field status",
      "authsome get openai --connection team --field api_key --show-secret",
    ],
  },
  ...LOOK_COMMANDS,
  ...VAULT_COMMANDS,
  completions: {
    group: "shell",
    summary: "Print a completion script for your shell",
    positionals: {
      shell: { required: true, choices: ["bash", "zsh", "fish", "powershell"] },
    },
    flags: {},
    examples: [
      'eval "$(authsome completions bash)"                          # ~/.bashrc',
      'eval "$(authsome completions zsh)"                           # ~/.zshrc',
      "authsome completions fish | source                           # config.fish",
      "authsome completions powershell | Out-String | Invoke-Expression",
    ],
  },
  version: {
    group: "shell",
    summary: "Print the version",
    positionals: {},
    flags: {},
    examples: ["authsome version"],
  },
  help: {
    group: "shell",
    summary: "Explain authsome, or one command",
    positionals: { command: { required: false, completes: "command" } },
    flags: {},
    examples: ["authsome help run"],
  },
  __relay: {
    group: "hidden",
    summary: "Carry connections out of a sandbox for COMMAND; started by run --isolate",
    positionals: {},
    rest: "COMMAND",
    flags: {
      proxy: { kind: "text", value: "FILE", summary: "The proxy's socket" },
      signals: { kind: "text", value: "FILE", summary: "The socket that signals come from" },
    },
    examples: [],
  },
  __complete: {
    group: "hidden",
    summary: "Print what can follow the given words; called by the completion scripts",
    positionals: {},
    rest: "WORD",
    flags: {},
    examples: [],
  },
} as const satisfies Readonly<Record<string, CommandSpec>>;

/** The name of a command. */
export type CommandName = keyof typeof COMMANDS;
