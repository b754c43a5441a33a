#!/usr/bin/env python3
"""An external extension in plain Python, as a team without a framework would write it.

It registers for INVOKE and SHUTDOWN, subscribes to telemetry, says `invocation REQUEST_ID` at each
INVOKE, and at SHUTDOWN how many records of each type it got: `record TYPE COUNT`, a line each.

TELEMETRY_ADDRESS is where it listens, by default every address, as on Lambda.
"""

import json
import os
import sys
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# How long after SHUTDOWN it waits for what is still under way: well within the 2 s that it has.
LAST_RECORDS = 1.0


class Records:
    """What has come until now, by type."""

    def __init__(self):
        self.counts = Counter()
        self.changed = threading.Condition()

    def add(self, batch):
        with self.changed:
            self.counts.update(record["type"] for record in batch)
            self.changed.notify_all()

    def wait(self, awaited, seconds):
        with self.changed:
            self.changed.wait_for(lambda: not awaited - self.counts, seconds)
            return sorted(self.counts.items())


def listen(records):
    """Takes batches on a port that is free, and says which."""

    class Listener(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            records.add(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    address = os.environ.get("TELEMETRY_ADDRESS", "0.0.0.0")
    server = ThreadingHTTPServer((address, 0), Listener)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def call(platform, method, path, headers, body=None):
    """Sends a request, and gives the answer with its body."""
    platform.request(method, path, json.dumps(body) if body else None, headers)
    answer = platform.getresponse()
    text = answer.read()
    if answer.status not in (200, 202):
        sys.exit(f"{method} {path}: {answer.status} {text.decode()}")
    return answer, text


def main():
    records = Records()
    port = listen(records)
    platform = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    name = {"Lambda-Extension-Name": os.path.basename(__file__)}
    events = {"events": ["INVOKE", "SHUTDOWN"]}
    answer, _ = call(platform, "POST", "/2020-01-01/extension/register", name, events)
    identifier = {"Lambda-Extension-Identifier": answer.headers["Lambda-Extension-Identifier"]}
    subscription = {
        "schemaVersion": "2022-12-13",
        "types": ["platform", "function", "extension"],
        # The least that the platform takes.
        "buffering": {"timeoutMs": 25, "maxItems": 1000, "maxBytes": 262144},
        "destination": {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{port}/"},
    }
    answer, _ = call(platform, "PUT", "/2022-07-01/telemetry", identifier, subscription)
    # 202 is the word of a platform that has no telemetry.
    subscribed = answer.status == 200
    print("subscribed" if subscribed else "no telemetry here", flush=True)
    invocations = 0
    while True:
        _, text = call(platform, "GET", "/2020-01-01/extension/event/next", identifier)
        event = json.loads(text)
        if event["eventType"] == "SHUTDOWN":
            break
        invocations += 1
        print("invocation", event["requestId"], flush=True)
    # Of each invocation the platform's record of its end, and the line about it.
    awaited = {"platform.runtimeDone": invocations, "extension": invocations}
    left = event["deadlineMs"] / 1000 - time.time()
    seconds = min(LAST_RECORDS, left / 2) if subscribed else 0
    counts = records.wait(Counter(awaited), seconds)
    for kind, count in counts:
        print("record", kind, count, flush=True)


main()
