import assert from "node:assert/strict";
import { findSignatureClaim } from "../../../lib/proxy/injection/signature_claim.ts";

const SCOPE = "20130524/us-east-1/s3/aws4_request";
const REST = "SignedHeaders=host;x-amz-date, Signature=00";
const EXPECTED = {
  algorithm: "AWS4-HMAC-SHA256",
  accessKeyId: "authsome-proxy-managed",
  scope: { date: "20130524", region: "us-east-1", service: "s3" },
  signedHeaders: ["host", "x-amz-date"],
};

function claimOf(authorization: readonly string[], target = "/"): unknown {
  const fieldValues = (name: string): readonly string[] =>
    name.toLowerCase() === "authorization" ? authorization : [];
  return findSignatureClaim({ target, fieldValues });
}

const FOUND: readonly (readonly [value: string, changes: object])[] = [
  [`AWS4-HMAC-SHA256 Credential=authsome-proxy-managed/${SCOPE}, ${REST}`, {}],
  [`AWS4-HMAC-SHA256 Credential=authsome-proxy-managed/${SCOPE},${REST.replace(" ", "")}`, {}],
  [`AWS4-HMAC-SHA256  ${REST},\tCredential=authsome-proxy-managed/${SCOPE}`, {}],
  [`AWS4-HMAC-SHA256 Credential=authsome-proxy-managed:work/${SCOPE}, ${REST}`, {
    accessKeyId: "authsome-proxy-managed:work",
  }],
  [`AWS4-HMAC-SHA256 Credential=authsome-proxy-managed/us-east-1/s3/aws4_request, ${REST}`, {
    scope: undefined,
  }],
  [`AWS4-HMAC-SHA256 Credential=authsome-proxy-managed/${SCOPE}/more, ${REST}`, {
    scope: undefined,
  }],
  [
    `AWS4-ECDSA-P256-SHA256 Credential=authsome-proxy-managed/20130524/s3/aws4_request, ${REST}`,
    { algorithm: "AWS4-ECDSA-P256-SHA256", scope: undefined },
  ],
  ["AWS authsome-proxy-managed:c2ln", { algorithm: "AWS", scope: undefined, signedHeaders: [] }],
];

for (const [value, changes] of FOUND) {
  Deno.test(`findSignatureClaim() reads ${value}`, () => {
    assert.deepEqual(claimOf([value]), { place: "header", ...EXPECTED, ...changes });
  });
}

const FOREIGN: readonly string[] = [
  `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/${SCOPE}, ${REST}`,
  `AWS4-HMAC-SHA256 Credential=authsome-proxy-managed2/${SCOPE}, ${REST}`,
  "AWS AKIAIOSFODNN7EXAMPLE:c2ln",
  "Bearer authsome-proxy-managed",
  "authsome-proxy-managed",
  "AWS4-HMAC-SHA256",
  "",
];

for (const value of FOREIGN) {
  Deno.test(`findSignatureClaim() leaves ${JSON.stringify(value)} alone`, () => {
    assert.equal(claimOf([value]), undefined);
  });
}

const QUERY = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20130524T000000Z&X-Amz-Expires=60" +
  "&X-Amz-SignedHeaders=host%3Bx-amz-date&X-Amz-Signature=00&X-Amz-Credential=";

Deno.test("findSignatureClaim() reads a presigned query, and leaves somebody else's alone", () => {
  const own = `/key?x=1&${QUERY}${encodeURIComponent(`authsome-proxy-managed/${SCOPE}`)}`;
  assert.deepEqual(claimOf([], own), { place: "query", ...EXPECTED });
  const foreign = `/key?${QUERY}${encodeURIComponent(`AKIAIOSFODNN7EXAMPLE/${SCOPE}`)}`;
  assert.equal(claimOf([], foreign), undefined);
  assert.deepEqual(claimOf([], "/key?AWSAccessKeyId=authsome-proxy-managed&Signature=x"), {
    place: "query",
    ...EXPECTED,
    algorithm: "AWS",
    scope: undefined,
    signedHeaders: [],
  });
  assert.equal(claimOf([], "/key"), undefined);
  const lines = encodeURIComponent("authsome-proxy-managed/20130524/us\n/s3/aws4_request");
  assert.deepEqual(claimOf([], `/key?${QUERY}${lines}`), {
    place: "query",
    ...EXPECTED,
    scope: undefined,
  });
});
