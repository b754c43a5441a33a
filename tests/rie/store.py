#!/usr/bin/env python3
"""An extension that is the store that another one ships to, and writes what comes to standard error.

It leaves when it has been told to, and STORE_UNTIL has come.
"""

import http.client
import http.server
import json
import os
import sys
import threading

API = "/2020-01-01/extension/"
ADDRESS = ("127.0.0.1", 8086)

complete = threading.Event()


class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sys.stderr.write(body)
        sys.stderr.flush()
        self.send_response(204)
        self.end_headers()
        if os.environ["STORE_UNTIL"] in body:
            complete.set()

    def log_message(self, *_):
        pass


def ask(method, path, headers, body=None):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, API + path, body, headers)
    answer = connection.getresponse()
    return answer.headers["Lambda-Extension-Identifier"], json.loads(answer.read())


server = http.server.ThreadingHTTPServer(ADDRESS, Store)
threading.Thread(target=server.serve_forever, daemon=True).start()
name = {"Lambda-Extension-Name": os.path.basename(sys.argv[0])}
identifier, _ = ask("POST", "register", name, '{"events":["SHUTDOWN"]}')
ask("GET", "event/next", {"Lambda-Extension-Identifier": identifier})
complete.wait()
