/**
 * The run's token, which a client proves in `Proxy-Authorization` (RFC 9110, section 11.7.2) as the
 * Basic password of the user `authsome` (RFC 7617).
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { Secret } from "../secret.ts";
import { fieldValue, findField, type HeadLines } from "./http1/head_lines.ts";

/** The user name in the proxy's URL. */
export const PROXY_USER = "authsome";

/** The field that is for the proxy alone. */
export const PROXY_AUTHORIZATION = "Proxy-Authorization";

/** Whether a head proves the token. Takes the same time for every wrong token of its length. */
export type TokenCheck = (lines: HeadLines) => boolean;

/** Both ends of a connection whose addresses are both 127.0.0.1. */
export interface ClientEnds {
  readonly clientPort: number;
  readonly proxyPort: number;
}

/** Whether a head says nothing about a token, right or wrong. */
export function lacksToken(lines: HeadLines): boolean {
  return findField(lines, PROXY_AUTHORIZATION) < 0;
}

/** Makes the check for one run. */
export function createTokenCheck(token: Secret): TokenCheck {
  const expected = Buffer.from(`${PROXY_USER}:${token.reveal()}`);
  return (lines) => {
    const index = findField(lines, PROXY_AUTHORIZATION);
    const match = index < 0 ? null : /^basic[ \t]+(\S+)$/i.exec(fieldValue(lines, index));
    if (match === null) return false;
    const given = Buffer.from(match[1]!, "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}
