/**
 * What the login pages say when they do not ask: one table of status and words.
 *
 * @module
 */

import { AuthsomeError, ERROR_MEANINGS } from "../errors.ts";
import type { FormPage, Message } from "./page.ts";
import type { Ending } from "./visit.ts";

/** A message and the HTTP status it goes out with. */
export interface Answer {
  readonly status: 200 | 400 | 403 | 404 | 405 | 409 | 410 | 413 | 415 | 421 | 500 | 502;
  readonly message: Message;
}

/** Answers to requests that are refused whatever the page is about. */
export const REFUSALS = {
  unknown: {
    status: 404,
    message: {
      tone: "warn",
      icon: "alert",
      title: "There is no such page",
      text: "Open the whole address that the terminal shows.",
    },
  },
  used: {
    status: 410,
    message: {
      tone: "warn",
      icon: "check",
      title: "This page was already used",
      text: "Each page works once. The terminal shows how it ended.",
    },
  },
  expired: {
    status: 410,
    message: {
      tone: "warn",
      icon: "clock",
      title: "This page has expired",
      text: "Nothing was saved. Run the login command again for a new page.",
    },
  },
  host: {
    status: 421,
    message: {
      tone: "danger",
      icon: "alert",
      title: "Wrong address",
      text: "This page answers only under the address that the terminal shows.",
    },
  },
  origin: {
    status: 403,
    message: {
      tone: "danger",
      icon: "alert",
      title: "The form came from another site",
      text: "Nothing was saved. Open the address that the terminal shows and send the form there.",
    },
  },
  method: {
    status: 405,
    message: {
      tone: "warn",
      icon: "alert",
      title: "This page cannot do that",
      text: "Open it in a browser and send the form.",
    },
  },
  type: {
    status: 415,
    message: {
      tone: "warn",
      icon: "alert",
      title: "This page takes only its own form",
      text: "Open it in a browser and send the form.",
    },
  },
  size: {
    status: 413,
    message: {
      tone: "warn",
      icon: "alert",
      title: "That is too long",
      text: "No key is that long. Go back, copy the key again and paste only that.",
    },
  },
  stray: {
    status: 400,
    message: {
      tone: "danger",
      icon: "alert",
      title: "This answer belongs to no login here",
      text: "Nothing was saved. Start the login again from the terminal.",
    },
  },
} as const satisfies Record<string, Answer>;

/** Which of {@link REFUSALS}. */
export type RefusalName = keyof typeof REFUSALS;

/** What a page that was used was about. */
export interface Subject extends Pick<FormPage, "providerName" | "connection"> {
  readonly purpose?: FormPage["purpose"] | "callback";
}

/** What a page leads to: an address to go on to, success, or the failure. */
export function endedAnswer(ending: Ending<URL | void>, subject: Subject): Answer {
  if (ending.kind === "failed") return failedAnswer(ending.error);
  return ending.value === undefined
    ? { status: 200, message: storedMessage(subject) }
    : { status: 200, message: nextMessage(ending.value, subject) };
}

function storedMessage({ providerName, connection, purpose }: Subject): Message {
  const sealed = purpose === "callback" ? "The sign-in is" : "The key is";
  return {
    tone: "calm",
    icon: "check",
    title: `${providerName} is connected`,
    text: `${sealed} sealed in the local vault as connection “${connection}”. ` +
      "You can close this tab and go back to the terminal.",
    command: "authsome run -- your-command",
  };
}

function nextMessage(next: URL, { providerName }: Subject): Message {
  return {
    tone: "calm",
    icon: "arrow",
    title: `On to ${providerName}`,
    text: `Sign in there and allow access. ${providerName} then sends you back here.`,
    next: { address: next.href, label: `Continue to ${providerName}` },
  };
}

/** What a page says of an error. Only an {@link AuthsomeError} is quoted: its words are for people. */
export function failedAnswer(error: unknown): Answer {
  if (error instanceof AuthsomeError) {
    return {
      status: ERROR_MEANINGS[error.code].http,
      message: {
        tone: "danger",
        icon: "alert",
        title: "The login did not succeed",
        text: error.message,
        ...(error.hint !== "" && { command: error.hint }),
      },
    };
  }
  return {
    status: 500,
    message: {
      tone: "danger",
      icon: "alert",
      title: "Something went wrong",
      text: "Nothing was saved. The terminal shows the details.",
    },
  };
}
