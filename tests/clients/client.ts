/**
 * What a row of the client matrix is. The rows are in `rows_*.ts`, next to the clients they are
 * about.
 *
 * @module
 */

import type { KitFolders, KitName } from "./kits.ts";

/** A service that authsome is logged in to while the matrix runs. */
export interface Service {
  readonly host: string;
  /** What `authsome login` reads on standard input. */
  readonly secret: string;
  /** What of it the service must see in a request. */
  readonly seen: string;
}

/** One client on one runtime. */
export interface Client {
  /** Rows of one name and several variants are one line of the table. */
  readonly name: string;
  /** The runtime, where there are several. */
  readonly variant?: string;
  /** What has to be installed from the registries. */
  readonly kits?: readonly KitName[];
  /** What has to be on PATH. */
  readonly programs?: readonly string[];
  /** A command that fails where the client is not complete. */
  readonly probe?: readonly string[];
  /** The version, or the command that prints it. */
  readonly version: string | ((kits: KitFolders) => readonly string[]);
  /** The command that asks for `url`. */
  readonly command: (url: string, kits: KitFolders) => readonly string[];
  /** Files for the command's folder, by name; `HOST` stands for the host. */
  readonly files?: Readonly<Record<string, string>>;
  /** Further variables of the parent; `company` is the file of the company's root. */
  readonly parent?: (company: string) => Promise<Readonly<Record<string, string>>>;
  /** Default: `clients`, which any client can ask for anything. */
  readonly service?: keyof typeof SERVICES;
  /** The client can make no sense of the answers, and only its requests count. */
  readonly requestOnly?: true;
  /** It speaks gRPC. */
  readonly grpc?: true;
  /** Which of the variables in `lib/ca/client_variables.ts` leads it through the proxy. */
  readonly routedBy: string;
  /** Which of them makes it trust the proxy. */
  readonly trustedBy: string;
  /** What it fails at, and what to do instead. The matrix fails when it does not fail. */
  readonly fails?: { readonly at: "routing" | "trust"; readonly instead: string };
}

/** A host without a route, with a certificate by the company's authority. */
export const UNROUTED_HOST = "intranet.example";

const OPENAI_KEY = "sk-canary0123456789abcdefgh";
const ANTHROPIC_KEY = "sk-ant-canary0123456789abcdefgh";
const CLIENTS_KEY = "canary0123456789abcdefgh";
const AWS_ID = "AKIACANARYCANARY0000";

/** By provider. `clients` is a definition of the matrix's own; see `trial.ts`. */
export const SERVICES: Readonly<
  Record<"anthropic" | "aws" | "clients" | "openai", Service>
> = {
  anthropic: {
    host: "api.anthropic.com",
    secret: ANTHROPIC_KEY,
    seen: `x-api-key: ${ANTHROPIC_KEY}`,
  },
  aws: {
    host: "sts.eu-central-1.amazonaws.com",
    secret: `${AWS_ID}:canary/SECRET+ACCESS/KEYcanary0123456789`,
    seen: `Authorization: AWS4-HMAC-SHA256 Credential=${AWS_ID}/`,
  },
  clients: {
    host: "api.clients.example",
    secret: CLIENTS_KEY,
    seen: `Authorization: Bearer ${CLIENTS_KEY}`,
  },
  openai: {
    host: "api.openai.com",
    secret: OPENAI_KEY,
    seen: `Authorization: Bearer ${OPENAI_KEY}`,
  },
};

/** The name of a single row. */
export function nameOf(client: Client): string {
  return client.variant === undefined ? client.name : `${client.variant}: ${client.name}`;
}

/** What a client's programs read in the definition of the matrix's own. */
export const CLIENTS_DEFINITION = {
  schema_version: 1,
  name: "clients",
  display_name: "Clients",
  auth_type: "api_key",
  flow: "api_key",
  api_url: SERVICES.clients.host,
  export: { env: { api_key: "CLIENTS_API_KEY" } },
};
