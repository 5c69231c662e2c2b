// An http-mitm-proxy that sets the credential. Settings come in BENCH_* variables; see
// http_mitm_proxy.ts.
"use strict";

const { readFileSync, statSync } = require("node:fs");
const https = require("node:https");
const { createRequire } = require("node:module");

const { BENCH_MODULES, BENCH_CREDENTIAL, BENCH_UPSTREAM_CA, BENCH_CA_FOLDER } = process.env;
const { Proxy } = createRequire(`${BENCH_MODULES}/`)("http-mitm-proxy");

const proxy = new Proxy();
proxy.onError(() => {}); // Clients that hang up are part of the measurement.
proxy.onRequest((exchange, next) => {
  exchange.proxyToServerRequestOptions.headers.authorization = BENCH_CREDENTIAL;
  next();
});
/** It listens before it has written its authority's certificate. */
const announce = () => {
  const { size } = statSync(`${BENCH_CA_FOLDER}/certs/ca.pem`, { throwIfNoEntry: false }) ?? {};
  if (size > 0) process.stdout.write(`${proxy.httpPort}\n`);
  else setTimeout(announce, 20);
};

proxy.listen(
  {
    host: "127.0.0.1",
    port: 0,
    sslCaDir: BENCH_CA_FOLDER,
    keepAlive: true,
    httpsAgent: new https.Agent({ keepAlive: true, ca: readFileSync(BENCH_UPSTREAM_CA) }),
  },
  announce,
);
