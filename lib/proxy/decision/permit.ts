/**
 * Permits: the policies of a run at work, with what they remember — requests counted, questions
 * answered.
 *
 * Theory of operation: a request is admitted before its credential is fetched, and counted when it
 * is about to leave. Between the two it may have waited for a person or a refresh, so what depends
 * on time and number is looked at again; counting itself never waits, so that of requests side by
 * side exactly as many pass as may.
 *
 * @module
 */

import { formatHostAndPort, type HostAndPort } from "../../hostname.ts";
import {
  type AskAnswer,
  type AskPerson,
  type AskQuestion,
  describeSubject,
  type Policy,
} from "../../policy.ts";
import { findViolation, type PolicyRequest, type Violation } from "../../policy_check.ts";
import type { CredentialOwner } from "./credential_choice.ts";
import { refuse, RefusedError } from "./refusal.ts";

/** What a run may do with one connection. */
export interface Permit {
  /** Resolves if the request may have the credential. @throws {RefusedError} if it may not. */
  admit(request: PolicyRequest, target: HostAndPort): Promise<void>;
  /** Counts an admitted request as forwarded. @throws {RefusedError} if it may not be any more. */
  count(): void;
}

/** Finds the permit of a connection; `undefined` if nothing restricts it. */
export type FindPermit = (owner: CredentialOwner) => Permit | undefined;

/** What permits are made of. */
export interface PermitOptions {
  readonly policies: readonly Policy[];
  readonly ask: AskPerson;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Questions that wait for a person at one time; a child could otherwise ask for ever. */
const MAX_WAITING = 32;

/** Makes the permits of one run. */
export function createPermits({ policies, ask, now }: PermitOptions): FindPermit {
  const grants = policies.map((policy): Grant => ({ policy, used: 0 }));
  const questions = new Questions(ask);
  return (owner) => {
    // Not remembered: a child can make up any number of connections.
    const own = grants.filter(({ policy }) => concerns(policy, owner));
    return own.length === 0 ? undefined : new OwnerPermit({ owner, grants: own, questions, now });
  };
}

/** A policy and how many requests it has let pass. */
interface Grant {
  readonly policy: Policy;
  used: number;
}

function concerns({ subject }: Policy, owner: CredentialOwner): boolean {
  const { provider = owner.provider, connection = owner.connection } = subject;
  return provider === owner.provider && connection === owner.connection;
}

interface OwnerPermitParts {
  readonly owner: CredentialOwner;
  readonly grants: readonly Grant[];
  readonly questions: Questions;
  readonly now: () => number;
}

class OwnerPermit implements Permit {
  readonly #parts: OwnerPermitParts;
  readonly #policies: readonly Policy[];

  constructor(parts: OwnerPermitParts) {
    this.#parts = parts;
    this.#policies = parts.grants.map(({ policy }) => policy);
  }

  async admit(request: PolicyRequest, target: HostAndPort): Promise<void> {
    const violation = findViolation(this.#policies, request) ?? this.#findSpent();
    if (violation !== undefined) throw refused(violation);
    const policy = this.#policies.find(({ ask }) => ask);
    if (policy === undefined) return;
    const { owner, questions } = this.#parts;
    const { method, path, isUpgrade } = request;
    const host = target.port === 443 ? target.host : formatHostAndPort(target);
    const answer = await questions.ask({ ...owner, method, host, path, isUpgrade });
    if (answer.kind !== "deny") return;
    throw refused({
      rule: "ask",
      policy,
      status: 403,
      problem: `was not satisfied: ${answer.reason}`,
    });
  }

  count(): void {
    const violation = this.#findSpent();
    if (violation !== undefined) throw refused(violation);
    for (const grant of this.#parts.grants) grant.used++;
  }

  #findSpent(): Violation | undefined {
    const now = this.#parts.now();
    for (const { policy, used } of this.#parts.grants) {
      const { expiresAt = Infinity, maxRequests = Infinity } = policy;
      if (now >= expiresAt) {
        const problem = `ended the grant at ${new Date(expiresAt).toISOString()}`;
        return { rule: "expires", policy, status: 403, problem };
      }
      if (used >= maxRequests) {
        const problem = `allows ${maxRequests} in a run, and so many have been made`;
        return { rule: "max_requests", policy, status: 403, problem };
      }
    }
    return undefined;
  }
}

/** Asks one question after the other, and the same one no more than was wished. */
class Questions {
  readonly #ask: AskPerson;
  readonly #allowed = new Set<string>();
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(ask: AskPerson) {
    this.#ask = ask;
  }

  async ask(question: AskQuestion): Promise<AskAnswer> {
    const key = JSON.stringify(Object.values(question));
    if (this.#allowed.has(key)) return { kind: "once" };
    if (this.#waiting >= MAX_WAITING) {
      return { kind: "deny", reason: "too many questions are waiting" };
    }
    this.#waiting++;
    const turn = this.#last.then(() => this.#askNow(key, question));
    this.#last = turn.catch(() => {});
    return await turn.finally(() => this.#waiting--);
  }

  async #askNow(key: string, question: AskQuestion): Promise<AskAnswer> {
    if (this.#allowed.has(key)) return { kind: "once" };
    const answer = await this.#ask(question);
    if (answer.kind === "run") this.#allowed.add(key);
    return answer;
  }
}

function refused({ rule, policy, status, problem }: Violation): RefusedError {
  const subject = describeSubject(policy.subject);
  const message = `The rule '${rule}' for ${subject} (${policy.origin}) ${problem}.`;
  const hint = "Only the person who started the run can change it: authsome run --help";
  return new RefusedError(refuse(status, message, hint));
}
