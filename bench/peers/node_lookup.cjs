// Loaded with `node --require`: the bench's host names are on loopback.
"use strict";

const dns = require("node:dns");

const names = new Set(JSON.parse(process.env.BENCH_HOSTS));
const { lookup } = dns;

dns.lookup = (hostname, options, callback) => {
  if (!names.has(hostname)) return lookup(hostname, options, callback);
  const answer = typeof options === "function" ? options : callback;
  if (options?.all) return process.nextTick(answer, null, [{ address: "127.0.0.1", family: 4 }]);
  process.nextTick(answer, null, "127.0.0.1", 4);
};
