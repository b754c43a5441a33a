#!/usr/bin/env python3
"""An extension that is the collector that another one exports to, and writes what comes to standard error.

It leaves when it has been told to, and COLLECT spans of invocations have come. The collector is ROTEL,
with its options.
"""

import http.client
import json
import os
import subprocess
import sys
import threading

API = "/2020-01-01/extension/"

complete = threading.Event()


def ask(method, path, headers, body=None):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, API + path, body, headers)
    answer = connection.getresponse()
    return answer.headers["Lambda-Extension-Identifier"], json.loads(answer.read())


def copy(lines):
    missing = int(os.environ["COLLECT"])
    for line in lines:
        sys.stderr.write(line)
        missing -= "SPAN_KIND_SERVER" in line
        if missing == 0:
            complete.set()


collector = subprocess.Popen(os.environ["ROTEL"].split(), stdout=subprocess.PIPE, text=True)
copying = threading.Thread(target=copy, args=[collector.stdout])
copying.start()
name = {"Lambda-Extension-Name": os.path.basename(sys.argv[0])}
identifier, _ = ask("POST", "register", name, '{"events":["SHUTDOWN"]}')
ask("GET", "event/next", {"Lambda-Extension-Identifier": identifier})
complete.wait()
collector.terminate()
copying.join()
