#!/usr/bin/env python3
"""An extension that does one thing wrong, to see that the tests would notice.

WRONG=exit    ends before it has registered
WRONG=poll    asks for the next event after SHUTDOWN, too
WRONG=code    ends with 3 after SHUTDOWN
"""

import http.client
import json
import os
import sys

API = "/2020-01-01/extension/"
WRONG = os.environ["WRONG"]


def ask(method, path, headers, body=None):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, API + path, body, headers)
    answer = connection.getresponse()
    return answer.headers["Lambda-Extension-Identifier"], json.loads(answer.read())


if WRONG == "exit":
    sys.exit(0)
name = {"Lambda-Extension-Name": os.path.basename(sys.argv[0])}
identifier, _ = ask("POST", "register", name, '{"events":["INVOKE","SHUTDOWN"]}')
while True:
    _, event = ask("GET", "event/next", {"Lambda-Extension-Identifier": identifier})
    print("wrong on stdout:", event["eventType"], flush=True)
    print("wrong on stderr:", event["eventType"], file=sys.stderr, flush=True)
    if event["eventType"] == "SHUTDOWN" and WRONG != "poll":
        sys.exit(3)
