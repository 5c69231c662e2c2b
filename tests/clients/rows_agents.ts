/**
 * Rows of the client matrix: programs that are agents themselves.
 *
 * @module
 */

import { join } from "node:path";
import type { Client } from "./client.ts";
import { AGENT_PACKAGES, nodeTarget } from "./kits.ts";

function claude(agents: string): string {
  const { platform, arch } = nodeTarget();
  return join(agents, `node_modules/@anthropic-ai/claude-code-${platform}-${arch}`, "claude");
}

/** Codex takes its own service by WebSocket; another one by HTTP. */
function codexSettings(url: string): readonly string[] {
  const provider = `{ name = "own", base_url = "${url}", env_key = "OPENAI_API_KEY" }`;
  return ["-c", "model_provider=own", "-c", `model_providers.own=${provider}`];
}

/** The rows. */
export const AGENT_CLIENTS: readonly Client[] = [
  {
    name: "Claude Code",
    kits: ["agents"],
    programs: ["env"],
    version: AGENT_PACKAGES["@anthropic-ai/claude-code"] ?? "",
    service: "anthropic",
    command: (url, { agents }) => {
      const { hostname, origin } = new URL(url);
      const base = hostname === "api.anthropic.com" ? [] : [`ANTHROPIC_BASE_URL=${origin}`];
      return ["env", ...base, claude(agents), "-p", "hi"];
    },
    routedBy: "HTTPS_PROXY",
    trustedBy: "NODE_EXTRA_CA_CERTS",
  },
  {
    name: "Codex",
    kits: ["agents"],
    programs: ["node"],
    version: AGENT_PACKAGES["@openai/codex"] ?? "",
    service: "openai",
    command: (url, { agents }) => [
      ...["node", join(agents, "node_modules", "@openai", "codex", "bin", "codex.js"), "exec"],
      ...["--skip-git-repo-check", ...codexSettings(url), "hi"],
    ],
    routedBy: "HTTPS_PROXY",
    trustedBy: "CODEX_CA_CERTIFICATE",
  },
];
