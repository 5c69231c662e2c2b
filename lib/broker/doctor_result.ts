/**
 * What a check of `doctor` finds.
 *
 * @module
 */

/** One finding of a check. */
export interface CheckResult {
  readonly ok: boolean;
  /** A sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** All is well. */
export function passed(message: string): readonly CheckResult[] {
  return [{ ok: true, message }];
}

/** One thing is not. */
export function failed(message: string, hint: string): readonly CheckResult[] {
  return [{ ok: false, message, hint }];
}
