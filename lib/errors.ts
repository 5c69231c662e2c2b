/**
 * The one error class for everything a user can cause or must know, and the table that maps its
 * codes to exit statuses and HTTP statuses.
 *
 * @module
 */

/** What one error code means to a shell and to an HTTP client of the proxy or the login page. */
export interface ErrorMeaning {
  /** Process exit status, 1–255. */
  readonly exit: number;
  /** HTTP status used where the proxy or the login page answers with this error. */
  readonly http: number;
}

/** Every error code, as it appears in `--json` output and in the `x-authsome-error` header. */
export const ERROR_MEANINGS = {
  unexpected: { exit: 1, http: 500 },
  usage: { exit: 2, http: 400 },
  provider_not_found: { exit: 3, http: 502 },
  authentication_failed: { exit: 4, http: 502 },
  connection_not_found: { exit: 5, http: 502 },
  refresh_failed: { exit: 6, http: 502 },
  vault_unavailable: { exit: 7, http: 502 },
  cancelled: { exit: 8, http: 502 },
  endpoint_unreachable: { exit: 9, http: 502 },
  already_exists: { exit: 10, http: 409 },
  refused: { exit: 11, http: 403 },
} as const satisfies Record<string, ErrorMeaning>;

/** One of the codes of {@link ERROR_MEANINGS}. */
export type ErrorCode = keyof typeof ERROR_MEANINGS;

/** What an {@link AuthsomeError} carries beside its message. */
export interface ErrorDetails {
  /** The exact next command to type, or what to change. */
  readonly hint?: string;
  /** The lower-level error, kept for `--verbose`; never printed otherwise. */
  readonly cause?: unknown;
}

/**
 * An expected failure: printed as `Error: …` and `Hint: …`, without a stack. Any other error that
 * reaches `main.ts` is a bug. Neither message nor hint may contain a secret or a query string.
 */
export class AuthsomeError extends Error {
  /** Decides the exit status and the HTTP status. */
  readonly code: ErrorCode;
  /** The next command to type, or an empty string. */
  readonly hint: string;

  /** `message` is a sentence that names the thing. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "AuthsomeError";
    this.code = code;
    this.hint = details.hint ?? "";
  }
}
