#!/usr/bin/env python3
"""The Lambda function beside which the extensions are tried.

The payload says what it does: {"never": true} answers nothing, {"exit": 3}
ends the process with that code, {"print": "a line"} prints that and answers
with the request id; anything else comes back as it is. {"seconds": 0.1} beside
that is how long it takes. With NEEDS_FILE in the environment it does not start
without that file.
"""

import http.client
import json
import os
import signal
import sys
import time

RUNTIME = "/2018-06-01/runtime/invocation/"


def ask(method, path, body=None):
    # http.client and not urllib: a proxy in the environment is for the extension under test.
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, RUNTIME + path, body)
    answer = connection.getresponse()
    return answer.headers["Lambda-Runtime-Aws-Request-Id"], answer.read()


# Without a handler Python would end with a traceback, or not at all as long as it waits.
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))

needed = os.environ.get("NEEDS_FILE")
if needed and not os.path.exists(needed):
    sys.exit(f"{needed} is not there")

while True:
    request_id, payload = ask("GET", "next")
    event = json.loads(payload)
    if event.get("never"):
        while True:
            signal.pause()
    if "exit" in event:
        os._exit(event["exit"])
    time.sleep(event.get("seconds", 0))
    if "print" in event:
        print(event["print"], flush=True)
        payload = json.dumps(request_id)
    ask("POST", request_id + "/response", payload)
