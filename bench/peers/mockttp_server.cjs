// A mockttp proxy that sets the credential. Settings come in BENCH_* variables; see mockttp.ts.
"use strict";

const { createRequire } = require("node:module");

const { BENCH_MODULES, BENCH_CREDENTIAL, BENCH_UPSTREAM_CA, BENCH_TUNNEL, BENCH_CA_FOLDER } =
  process.env;
const mockttp = createRequire(`${BENCH_MODULES}/`)("mockttp");

const passThrough = {
  additionalTrustedCAs: [{ certPath: BENCH_UPSTREAM_CA }],
  transformRequest: { updateHeaders: { authorization: BENCH_CREDENTIAL } },
};

const server = mockttp.getLocal({
  https: {
    keyPath: `${BENCH_CA_FOLDER}/ca.key`,
    certPath: `${BENCH_CA_FOLDER}/ca.pem`,
    tlsPassthrough: [{ hostname: BENCH_TUNNEL }],
  },
  http2: true,
  recordTraffic: false,
});

server.start({ startPort: 20000, endPort: 40000 })
  .then(() => server.forAnyWebSocket().thenPassThrough(passThrough))
  .then(() => server.forUnmatchedRequest().thenPassThrough(passThrough))
  .then(() => process.stdout.write(`${server.port}\n`));
