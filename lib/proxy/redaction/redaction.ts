/**
 * What answers are searched for: the secrets that were put into requests of a connection, this
 * moment's and the few before it, as a service may still quote one that was rotated.
 *
 * @module
 */

import { andThen } from "../../awaitable.ts";
import type { ConnectionName } from "../../connection.ts";
import type { Injection } from "../../injection.ts";
import type { ProviderName } from "../../provider.ts";
import type {
  CredentialOwner,
  RenewInjection,
  ResolveInjection,
} from "../decision/credential_choice.ts";
import { HeaderBlockMask } from "./hpack_mask.ts";
import { secretForms } from "./secret_forms.ts";
import { SecretMatcher } from "./secret_matcher.ts";

/** How many secrets of one connection are remembered. */
const REMEMBERED = 4;

/** Finds the secrets of one connection. */
export interface SecretSearch {
  /** In bodies and in HTTP/1 heads. */
  readonly matcher: SecretMatcher;
  /** In HTTP/2 heads. */
  readonly headerBlocks: HeaderBlockMask;
}

/** The secrets of all connections that one proxy has injected. */
export class Redaction {
  readonly #providers = new Map<ProviderName, Map<ConnectionName, ConnectionSecrets>>();
  readonly #owners = new WeakMap<Injection, ConnectionSecrets>();

  /** The same function, which notes what it gives. */
  watchResolve(resolve: ResolveInjection): ResolveInjection {
    return (request) => {
      return andThen(resolve(request), (injection) => {
        const secrets = this.#secretsOf(request);
        if (secrets.note(injection)) this.#owners.set(injection, secrets);
        return injection;
      });
    };
  }

  /** The same function, which notes what it gives. */
  watchRenew(renew: RenewInjection): RenewInjection {
    return async (refused) => {
      const injection = await renew(refused);
      const secrets = this.#owners.get(refused);
      if (injection !== undefined && secrets?.note(injection)) this.#owners.set(injection, secrets);
      return injection;
    };
  }

  /** What answers to requests with this connection's credential are searched for, if anything. */
  searchFor({ provider, connection }: CredentialOwner): SecretSearch | undefined {
    return this.#providers.get(provider)?.get(connection)?.search;
  }

  /** What answers to any request are searched for. */
  *searches(): Iterable<SecretSearch> {
    for (const connections of this.#providers.values()) {
      for (const { search } of connections.values()) if (search !== undefined) yield search;
    }
  }

  #secretsOf({ provider, connection }: CredentialOwner): ConnectionSecrets {
    let connections = this.#providers.get(provider);
    if (connections === undefined) this.#providers.set(provider, connections = new Map());
    let secrets = connections.get(connection);
    if (secrets === undefined) connections.set(connection, secrets = new ConnectionSecrets());
    return secrets;
  }
}

class ConnectionSecrets {
  /** The forms of each secret, latest first. */
  #secrets: readonly (readonly string[])[] = [];
  #noted = new WeakSet<Injection>();
  search: SecretSearch | undefined;

  /** Returns whether the injection is new. */
  note(injection: Injection): boolean {
    if (this.#noted.has(injection)) return false;
    const forms = secretForms(injection);
    if (this.#secrets.length === REMEMBERED) this.#noted = new WeakSet();
    this.#noted.add(injection);
    const others = this.#secrets.filter((known) => known.join() !== forms.join());
    this.#secrets = [forms, ...others].slice(0, REMEMBERED);
    this.search = createSearch([...new Set(this.#secrets.flat())]);
    return true;
  }
}

/** `forms` are byte strings. */
export function createSearch(forms: readonly string[]): SecretSearch | undefined {
  if (forms.length === 0) return undefined;
  const matcher = new SecretMatcher(forms.map(fromByteString));
  let headerBlocks: HeaderBlockMask | undefined;
  return {
    matcher,
    get headerBlocks() {
      return headerBlocks ??= new HeaderBlockMask(matcher);
    },
  };
}

function fromByteString(text: string): Uint8Array {
  return Uint8Array.from(text, (byte) => byte.charCodeAt(0));
}
