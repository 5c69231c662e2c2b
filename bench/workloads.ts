/**
 * What is measured.
 *
 * @module
 */

import type { Measurement } from "./measurement.ts";
import type { Feature } from "./peers/peer.ts";
import { type Endpoint, FILES } from "./upstream.ts";

/** One number of a measurement. */
export interface Figure {
  readonly title: string;
  readonly unit: string;
  /** Digits after the point. */
  readonly digits: number;
  /** `undefined` if the measurement does not have it. */
  readonly read: (measurement: Measurement) => number | undefined;
}

/** How often and how long a workload runs. */
export type Schedule =
  /** In every round, for the time the run's mode gives it, or for `seconds`. */
  | { readonly kind: "rounds"; readonly seconds?: number }
  /** Once, in the last round of a full run; `fresh`: on an instance that did nothing before. */
  | { readonly kind: "once"; readonly fresh: boolean };

/** One thing that is measured. */
export interface Workload {
  /** As `--only` calls it. */
  readonly name: string;
  readonly title: string;
  readonly endpoint: Endpoint;
  /** The load generator's workload and its arguments. */
  readonly args: readonly string[];
  readonly needs?: Feature;
  /** Names of the only peers it is run with. */
  readonly peers?: readonly string[];
  readonly schedule: Schedule;
  /** The number the tables compare. */
  readonly figure: Figure;
  /** Numbers beside it. */
  readonly more: readonly Figure[];
}

const REQUESTS: Figure = rate("requests/s");
const CONNECTIONS: Figure = rate("connections/s");
const CALLS: Figure = rate("calls/s");
const MESSAGES: Figure = rate("messages/s");

/** Median latency. */
export const P50: Figure = {
  title: "p50",
  unit: "ms",
  digits: 2,
  read: (measurement) => measurement.p50_ms,
};

/** 99th percentile of the latency. */
export const P99: Figure = {
  title: "p99",
  unit: "ms",
  digits: 2,
  read: (measurement) => measurement.p99_ms,
};

const THROUGHPUT: Figure = {
  title: "throughput",
  unit: "MB/s",
  digits: 0,
  read: (measurement) => measurement.megabytes_per_second,
};

/** The most memory the proxy held. */
export const PEAK: Figure = {
  title: "peak memory",
  unit: "MiB",
  digits: 0,
  read: (measurement) => measurement.peak_resident_mb || undefined,
};

const PROXY_CPU: Figure = {
  title: "proxy CPU",
  unit: "µs/operation",
  digits: 0,
  read: ({ cpu_seconds, operations }) => 1e6 * cpu_seconds / operations || undefined,
};

const LEFT_OPEN: Figure = {
  title: "left open",
  unit: "connections",
  digits: 0,
  read: (measurement) => measurement.left_open,
};

const GROWTH: Figure = {
  title: "memory, last quarter less first",
  unit: "MiB",
  digits: 1,
  read: ({ resident_quarters_mb: quarters }) => {
    const [first, , , last] = quarters ?? [];
    return first === undefined || last === undefined ? undefined : last - first;
  },
};

const ROUNDS: Schedule = { kind: "rounds" };
const SMALL = ["-path", "/small.json"];
const TEN_MEGABYTES = ["-path", "/10mb"];
const LATENCIES = [P50, P99];

/** Every workload, in the order of the tables. */
export const WORKLOADS: readonly Workload[] = [
  {
    ...requests("keep-alive-1", "HTTP/1.1 keep-alive, 1 connection"),
    args: ["keep-alive", ...SMALL],
  },
  {
    ...requests("keep-alive-32", "HTTP/1.1 keep-alive, 32 connections"),
    args: ["keep-alive", "-workers", "32", ...SMALL],
  },
  {
    ...requests("http2-1", "HTTP/2, 1 stream"),
    args: ["http2", ...SMALL],
    needs: "http2",
  },
  {
    ...requests("http2-32", "HTTP/2, 32 streams of one connection"),
    args: ["http2", "-workers", "32", ...SMALL],
    needs: "http2",
  },
  {
    ...requests("new-1", "New connection for every request, 1 at a time"),
    args: ["new-connections", ...SMALL],
    figure: CONNECTIONS,
  },
  {
    ...requests("new-8", "New connection for every request, 8 at a time"),
    args: ["new-connections", "-workers", "8", ...SMALL],
    figure: CONNECTIONS,
  },
  {
    ...requests("new-far", "New connection for every request, upstream 40 ms away"),
    args: ["new-connections", ...SMALL],
    endpoint: "far",
    figure: { ...P50, title: "time to the response" },
    more: [P99],
  },
  {
    ...requests("download-10mb", "10 MB download"),
    args: ["download", ...TEN_MEGABYTES],
    figure: THROUGHPUT,
    more: [PROXY_CPU],
  },
  {
    ...requests("upload-10mb", "10 MB upload"),
    args: ["upload", "-path", "/upload", "-size", `${FILES["/10mb"]}`],
    endpoint: "origin",
    figure: THROUGHPUT,
    more: [PROXY_CPU],
  },
  {
    ...requests("events", "Server-sent events, delay of each"),
    args: ["events", "-path", "/events?count=100000&interval=5ms"],
    endpoint: "origin",
    schedule: { kind: "rounds", seconds: 2.5 },
    figure: P99,
    more: [P50],
  },
  {
    ...requests("grpc-1", "gRPC unary, 1 call at a time"),
    args: ["grpc", "-path", "/bench.Echo/Unary", "-size", "100"],
    endpoint: "origin",
    needs: "http2",
    figure: CALLS,
  },
  {
    ...requests("grpc-32", "gRPC unary, 32 calls at a time"),
    args: ["grpc", "-workers", "32", "-path", "/bench.Echo/Unary", "-size", "100"],
    endpoint: "origin",
    needs: "http2",
    figure: CALLS,
  },
  {
    ...requests("websocket", "WebSocket echo, 100-byte messages"),
    args: ["websocket", "-path", "/websocket", "-size", "100"],
    endpoint: "origin",
    needs: "websocket",
    figure: MESSAGES,
  },
  {
    ...requests("tunnel-1", "Blind tunnel, keep-alive, 1 connection"),
    args: ["keep-alive", ...SMALL],
    endpoint: "tunnel",
    needs: "tunnel",
  },
  {
    ...requests("tunnel-10mb", "Blind tunnel, 10 MB download"),
    args: ["download", ...TEN_MEGABYTES],
    endpoint: "tunnel",
    needs: "tunnel",
    figure: THROUGHPUT,
    more: [PROXY_CPU],
  },
  {
    ...once("download-1gb", "1 GB download, once"),
    args: ["download", "-path", "/1gb", "-count", "1", "-reset-peak"],
    figure: THROUGHPUT,
    more: [PEAK],
  },
  {
    ...once("upload-1gb", "1 GB upload, once"),
    args: ["upload", "-path", "/upload", "-size", `${FILES["/1gb"]}`, "-count", "1", "-reset-peak"],
    endpoint: "origin",
    figure: THROUGHPUT,
    more: [PEAK],
  },
  {
    ...once("aborts", "200 aborted downloads: upstream connections left a second later"),
    args: ["abort", "-path", "/1gb", "-count", "200"],
    figure: LEFT_OPEN,
    more: [],
  },
  {
    ...once("memory", "Memory of a fresh proxy after 32 keep-alive connections, 3 s"),
    args: ["keep-alive", "-workers", "32", ...SMALL, "-duration", "3s"],
    schedule: { kind: "once", fresh: true },
    figure: PEAK,
    more: [REQUESTS],
  },
  {
    ...once("growth", "Growth over 50,000 new connections"),
    args: ["new-connections", "-workers", "8", ...SMALL, "-count", "50000", "-duration", "90s"],
    peers: ["authsome", "authsome-binary"],
    schedule: { kind: "once", fresh: true },
    figure: GROWTH,
    more: [PEAK, CONNECTIONS],
  },
];

function rate(unit: string): Figure {
  return { title: "rate", unit, digits: 0, read: (measurement) => measurement.per_second };
}

function requests(name: string, title: string): Omit<Workload, "args"> {
  return {
    name,
    title,
    endpoint: "near",
    schedule: ROUNDS,
    figure: REQUESTS,
    more: [...LATENCIES, PROXY_CPU],
  };
}

function once(name: string, title: string): Omit<Workload, "args" | "figure" | "more"> {
  return { name, title, endpoint: "near", schedule: { kind: "once", fresh: false } };
}
