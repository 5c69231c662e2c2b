/**
 * Makes the trust store that a child's JAVA_TOOL_OPTIONS points to.
 *
 * @module
 */

import type { ClientFiles } from "../ca/child_environment.ts";
import { findJavaHomes, readJavaTrustStore } from "../ca/java_roots.ts";
import { createTrustStore, decodeCertificates, extendTrustStore } from "../ca/java_trust_store.ts";

/** What the trust store is made from. */
export interface JavaFileOptions {
  /** The parent's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** PEM of the run's root. */
  readonly rootPem: string;
  readonly files: Pick<ClientFiles, "completeBundle">;
}

/** Java's own roots and the run's; all roots of the child where Java's cannot be read. */
export function createJavaTrustStore({ env, rootPem, files }: JavaFileOptions): Uint8Array {
  const own = readJavaTrustStore(env, findJavaHomes(env));
  const [root] = decodeCertificates(rootPem);
  const extended = own && root && extendTrustStore(own, root);
  const all = (): Uint8Array =>
    createTrustStore(decodeCertificates(Deno.readTextFileSync(files.completeBundle)));
  return extended ?? all();
}
