/**
 * Where authsome's own page is served: the address that OAuth clients are registered with, and that
 * the proxy leads nobody to.
 *
 * @module
 */

/** Loopback only. */
export const LOGIN_HOST = "127.0.0.1";

/** The port of the page and of the OAuth redirect. */
export const LOGIN_PORT = 7998;
