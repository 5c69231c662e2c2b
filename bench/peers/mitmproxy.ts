/**
 * mitmproxy: the newest that pip installs here, and Debian's package if it is installed.
 *
 * @module
 */

import { join } from "node:path";
import { awaitPort, freePort, runProgram, startProgram } from "../program.ts";
import { HOSTS } from "../upstream.ts";
import { type Bench, type Peer, routeThrough, type RunningPeer, Unavailable } from "./peer.ts";

const NOTES = "No proxy password, no audit; streams both ways; a Python addon sets the header.";
const DEBIAN = "/usr/bin/mitmdump";
const ADDON = join(import.meta.dirname ?? ".", "mitmproxy_addon.py");

/** The newest release that the newest Python here can install. */
export const mitmproxyNewest: Peer = {
  name: "mitmproxy",
  notes: `From PyPI. ${NOTES}`,
  lacks: [],
  prepare: async (bench) => {
    const folder = join(bench.cache, "mitmproxy");
    try {
      await Deno.stat(join(folder, "bin", "mitmdump"));
    } catch {
      await install(folder);
    }
    return await describe(join(folder, "bin", "mitmdump"));
  },
  start: (bench) => startMitmdump(join(bench.cache, "mitmproxy", "bin", "mitmdump"), bench),
};

/** Debian's package. */
export const mitmproxyDebian: Peer = {
  name: "mitmproxy-debian",
  notes: `Debian's package. ${NOTES}`,
  lacks: [],
  prepare: async () => {
    try {
      await Deno.stat(DEBIAN);
    } catch {
      throw new Unavailable("not installed (apt-get install mitmproxy)");
    }
    return await describe(DEBIAN);
  },
  start: (bench) => startMitmdump(DEBIAN, bench),
};

async function install(folder: string): Promise<void> {
  try {
    await runProgram([await newestPython(), "-m", "venv", folder]);
    await runProgram([join(folder, "bin", "pip"), "install", "--quiet", "mitmproxy"]);
  } catch (error) {
    throw new Unavailable(`pip does not install it: ${error}`);
  }
}

async function newestPython(): Promise<string> {
  let newest = { path: "", minor: -1 };
  for (const path of ["python3", ...pyenvPythons()]) {
    try {
      const minor = Number(
        await runProgram([path, "-c", "import sys; print(sys.version_info[1])"]),
      );
      if (minor > newest.minor) newest = { path, minor };
    } catch {
      // Not a working Python: another one may be.
    }
  }
  if (newest.minor < 0) throw new Unavailable("there is no Python");
  return newest.path;
}

function pyenvPythons(): string[] {
  const root = Deno.env.get("PYENV_ROOT") ?? join(Deno.env.get("HOME") ?? "/", ".pyenv");
  try {
    const versions = [...Deno.readDirSync(join(root, "versions"))];
    return versions.map((version) => join(root, "versions", version.name, "bin", "python3"));
  } catch {
    return [];
  }
}

async function describe(mitmdump: string): Promise<string> {
  const text = await runProgram([mitmdump, "--version"]);
  const [version, python] = text.trim().split("\n").map((line) => line.replace(/: +/, " "));
  return `${version}, ${python}`;
}

async function startMitmdump(mitmdump: string, bench: Bench): Promise<RunningPeer> {
  const { upstream } = bench;
  const port = freePort();
  const folder = await bench.createFolder();
  const running = await startProgram([
    ...[mitmdump, "--quiet", "--listen-host", "127.0.0.1", "--listen-port", `${port}`],
    ...["--set", `confdir=${folder}`],
    ...["--set", `ssl_verify_upstream_trusted_ca=${upstream.certificates.ca}`],
    ...["--ignore-hosts", `^${HOSTS.tunnel.replaceAll(".", "[.]")}`],
    ...["--scripts", ADDON],
  ], {
    env: {
      BENCH_CREDENTIAL: bench.credential,
      BENCH_PORTS: JSON.stringify(
        Object.fromEntries(
          Object.entries(HOSTS).map(([endpoint, host]) => [
            host,
            upstream.ports[endpoint as keyof typeof HOSTS],
          ]),
        ),
      ),
    },
  });
  await awaitPort(port);
  const access = {
    proxy: `http://127.0.0.1:${port}`,
    ca: join(folder, "mitmproxy-ca-cert.pem"),
    upstreamCa: upstream.certificates.ca,
  };
  return {
    pid: running.pid,
    route: (endpoint) => routeThrough(access, { endpoint, address: `${HOSTS[endpoint]}:443` }),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
