/**
 * What a request says about its own AWS signature, in `Authorization` or, presigned, in its query.
 * Pure.
 *
 * @module
 */

import { PLACEHOLDER } from "../../provider.ts";
import type { SigningScope } from "../../sigv4.ts";
import { queryValues } from "../decision/query.ts";
import type { PlaceholderSource } from "../decision/selection.ts";

/** A signature that was made with the placeholder as access key. */
export interface SignatureClaim {
  readonly place: "header" | "query";
  /** As the request names it; `AWS` for Version 2. */
  readonly algorithm: string;
  /** The placeholder, perhaps with the name of a connection after a colon. */
  readonly accessKeyId: string;
  /** `undefined` if the scope is not that of Version 4. */
  readonly scope: SigningScope | undefined;
  /** Names in lower case. */
  readonly signedHeaders: readonly string[];
}

/** A region or a service: it becomes a line of what is signed. */
const NAME = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * The request's signature if it is the placeholder's. `undefined` for all other requests: not
 * signed, or signed with a key of the child's own, or a presigned address from elsewhere.
 */
export function findSignatureClaim(source: PlaceholderSource): SignatureClaim | undefined {
  for (const value of source.fieldValues("Authorization")) {
    const claim = readAuthorization(value);
    if (claim !== undefined && isPlaceholder(claim.accessKeyId)) return claim;
  }
  if (!source.target.includes("?")) return undefined;
  const claim = readQuery((name) => queryValues(source.target, name)[0]);
  return claim !== undefined && isPlaceholder(claim.accessKeyId) ? claim : undefined;
}

function isPlaceholder(accessKeyId: string): boolean {
  return accessKeyId === PLACEHOLDER || accessKeyId.startsWith(`${PLACEHOLDER}:`);
}

/** `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`, or Version 2's `AWS id:…`. */
function readAuthorization(value: string): SignatureClaim | undefined {
  const [, algorithm = "", rest = ""] = /^(AWS[A-Z0-9-]*)[ \t]+(.*)$/.exec(value) ?? [];
  if (algorithm === "AWS") {
    const [accessKeyId = ""] = rest.split(/:[^:]*$/);
    return { place: "header", algorithm, accessKeyId, scope: undefined, signedHeaders: [] };
  }
  const parts = new Map(
    rest.split(",").map((part) => {
      const [name = "", ...text] = part.trim().split("=");
      return [name, text.join("=")] as const;
    }),
  );
  const credential = parts.get("Credential");
  if (credential === undefined) return undefined;
  const signedHeaders = readNames(parts.get("SignedHeaders"));
  return { place: "header", algorithm, ...readCredential(credential), signedHeaders };
}

function readQuery(valueOf: (name: string) => string | undefined): SignatureClaim | undefined {
  const version2 = valueOf("AWSAccessKeyId");
  if (version2 !== undefined) {
    const algorithm = "AWS";
    return {
      place: "query",
      algorithm,
      accessKeyId: version2,
      scope: undefined,
      signedHeaders: [],
    };
  }
  const algorithm = valueOf("X-Amz-Algorithm");
  const credential = valueOf("X-Amz-Credential");
  if (algorithm === undefined || credential === undefined) return undefined;
  const signedHeaders = readNames(valueOf("X-Amz-SignedHeaders"));
  return { place: "query", algorithm, ...readCredential(credential), signedHeaders };
}

/** `id/date/region/service/aws4_request`; neither the placeholder nor a connection has a slash. */
function readCredential(text: string): Pick<SignatureClaim, "accessKeyId" | "scope"> {
  const [accessKeyId = "", date = "", region = "", service = "", end, ...more] = text.split("/");
  const isWhole = /^[0-9]{8}$/.test(date) && NAME.test(region) && NAME.test(service) &&
    end === "aws4_request" && more.length === 0;
  return { accessKeyId, scope: isWhole ? { date, region, service } : undefined };
}

function readNames(text: string | undefined): readonly string[] {
  return (text ?? "").toLowerCase().split(";").filter((name) => name !== "");
}
