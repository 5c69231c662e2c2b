import assert from "node:assert/strict";
import type { HeaderField } from "../lib/provider.ts";
import { Secret } from "../lib/secret.ts";
import {
  deriveSigningKey,
  formatCanonicalRequest,
  sha256,
  type Signer,
  signRequest,
} from "../lib/sigv4.ts";
import { SUITE } from "./fixtures/sigv4_suite.ts";
import { headerFields, S3_SIGNER, utf8 } from "./support/sigv4.ts";

const SUITE_SCOPE = { date: "20150830", region: "us-east-1", service: "service" };
const SUITE_SECRET = new Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
const SUITE_SIGNER: Signer = {
  time: "20150830T123600Z",
  scope: SUITE_SCOPE,
  key: deriveSigningKey(SUITE_SECRET, SUITE_SCOPE),
};
const SUITE_HEADERS = ["Host:example.amazonaws.com", "X-Amz-Date:20150830T123600Z"];

for (const { name, method = "GET", target = "/", headers = [], body = "", signature } of SUITE) {
  Deno.test(`signRequest() signs ${name} of AWS's test suite`, () => {
    const parts = {
      method,
      target: utf8(target),
      headers: [...SUITE_HEADERS, ...headers].map(parseField),
      payloadHash: sha256(utf8(body)),
    };
    assert.equal(signRequest(parts, SUITE_SIGNER), signature);
  });
}

function parseField(line: string): HeaderField {
  const colon = line.indexOf(":");
  return { name: line.slice(0, colon), value: line.slice(colon + 1) };
}

Deno.test("deriveSigningKey() gives the key of AWS's documentation", () => {
  const scope = { date: "20120215", region: "us-east-1", service: "iam" };
  const secret = new Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  assert.equal(
    deriveSigningKey(secret, scope).toHex(),
    "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d",
  );
});

const EMPTY = sha256("");
const HOST = "examplebucket.s3.amazonaws.com";
const PUT_HASH = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";

/** "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk". */
const S3_EXAMPLES: readonly {
  readonly what: string;
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly payloadHash?: string;
  readonly signature: string;
}[] = [
  {
    what: "a GET with a range",
    target: "/test.txt",
    headers: { range: "bytes=0-9" },
    signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
  {
    what: "a PUT whose name needs an escape",
    method: "PUT",
    target: "/test$file.text",
    headers: {
      date: "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
    },
    payloadHash: PUT_HASH,
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
  {
    what: "a query parameter without a value",
    target: "/?lifecycle",
    signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  },
  {
    what: "a list",
    target: "/?max-keys=2&prefix=J",
    signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  },
];

for (const { what, method = "GET", target, headers = {}, ...rest } of S3_EXAMPLES) {
  const { payloadHash = EMPTY, signature } = rest;
  Deno.test(`signRequest() signs ${what} as the S3 documentation does`, () => {
    const fields = headerFields({
      ...headers,
      host: HOST,
      "x-amz-content-sha256": payloadHash,
      "x-amz-date": S3_SIGNER.time,
    });
    const parts = { method, target, headers: fields, payloadHash };
    assert.equal(signRequest(parts, S3_SIGNER), signature);
  });
}

/** Each: the service, the target on the wire, and its two lines in the canonical request. */
const TARGETS:
  readonly (readonly [service: string, target: string, path: string, query: string])[] = [
    ["s3", "/a%20b/%C3%A9", "/a%20b/%C3%A9", ""],
    ["s3", "/a/../b//c", "/a/../b//c", ""],
    ["s3", "/a(b)*:@!", "/a%28b%29%2A%3A%40%21", ""],
    ["s3", "/%7euser/%41%2f", "/~user/A%2F", ""],
    ["s3", "/50%", "/50%25", ""],
    ["s3-object-lambda", "/a%20b", "/a%20b", ""],
    ["s3express", "/a%20b", "/a%20b", ""],
    ["bedrock", "/model/a.b-v1%3A0/invoke", "/model/a.b-v1%253A0/invoke", ""],
    ["bedrock", "/model/a.b-v1:0/invoke", "/model/a.b-v1%3A0/invoke", ""],
    ["lambda", "", "/", ""],
    ["s3", "", "/", ""],
    ["s3", "/?b=2&a=%7E&a=+&c&a%2Bb=%2b", "/", "a=%20&a=~&a%2Bb=%2B&b=2&c="],
    ["s3", "/?x=a=b&x=a%3Db", "/", "x=a%3Db&x=a%3Db"],
    ["s3", "/?", "/", ""],
    ["s3", "/?a&&b", "/", "a=&b="],
  ];

for (const [service, target, path, query] of TARGETS) {
  Deno.test(`formatCanonicalRequest() reads ${JSON.stringify(target)} for ${service}`, () => {
    const parts = { method: "GET", target, headers: [], payloadHash: "-" };
    const lines = formatCanonicalRequest(parts, service).split("\n");
    assert.deepEqual(lines.slice(1, 3), [path, query]);
  });
}

Deno.test("no secret is in what is signed", () => {
  const headers = headerFields({ host: HOST });
  const text = formatCanonicalRequest(
    { method: "GET", target: "/", headers, payloadHash: "-" },
    "s3",
  );
  assert.equal(text, `GET\n/\n\nhost:${HOST}\n\nhost\n-`);
});
