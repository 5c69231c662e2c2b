"""A mitmproxy addon that sets the credential and streams both ways; see mitmproxy.ts."""

import json
import os

CREDENTIAL = os.environ["BENCH_CREDENTIAL"]
PORTS = json.loads(os.environ["BENCH_PORTS"])


def server_connect(data):
    """The bench's host names are on loopback. Works only with eager connections: mitmproxy does not
    find a connection again whose address was changed, and lazy ones then pile up."""
    port = PORTS.get(data.server.address[0])
    if port is not None:
        data.server.address = ("127.0.0.1", port)


def requestheaders(flow):
    flow.request.headers["Authorization"] = CREDENTIAL
    flow.request.stream = True


def responseheaders(flow):
    """Without this, server-sent events are buffered whole."""
    flow.response.stream = True
