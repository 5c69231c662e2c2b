/**
 * The example key, time and place of the Amazon S3 API Reference.
 *
 * @module
 */

import { type AccessKey, parseAccessKey } from "../../lib/access_key.ts";
import type { HeaderField } from "../../lib/provider.ts";
import { Secret } from "../../lib/secret.ts";
import { deriveSigningKey, type Signer } from "../../lib/sigv4.ts";

/** The documentation's key, as it is stored. */
export const S3_KEY_TEXT = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/** The documentation's key. */
export const S3_KEY: AccessKey = readKey(S3_KEY_TEXT);

const SCOPE = { date: "20130524", region: "us-east-1", service: "s3" };

/** The documentation's time and place. */
export const S3_SIGNER: Signer = {
  time: "20130524T000000Z",
  scope: SCOPE,
  key: deriveSigningKey(S3_KEY.secret, SCOPE),
};

/** Fields from an object. */
export function headerFields(headers: Readonly<Record<string, string>>): readonly HeaderField[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value }));
}

/** Text as it is on the wire, one character a byte. */
export function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** An access key from its text. */
export function readKey(text: string): AccessKey {
  const key = parseAccessKey(new Secret(text));
  if (key === undefined) throw new Error("not an access key");
  return key;
}
