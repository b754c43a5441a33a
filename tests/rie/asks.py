#!/usr/bin/env python3
"""A function that asks secret-cache at its first line, before it asks for an invocation.

QUESTIONS has a path in each line. The answers, each as a status and a body, come with each invocation. With
PLAYS_AWS it is Secrets Manager, too, at port 8086.
"""

import http.client
import http.server
import json
import os
import signal
import threading

HEADER = "X-Aws-Parameters-Secrets-Token"
# The second where it has SnapStart.
TOKEN = os.environ.get("AWS_SESSION_TOKEN") or os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
PORT = int(os.environ.get("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", 2773))


def ask(address, method, path, headers={}, body=None):
    connection = http.client.HTTPConnection(address)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer, answer.read().decode()


class Aws(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        question = self.rfile.read(int(self.headers["Content-Length"])).decode()
        secret = json.dumps({"asked": json.loads(question), "for": self.headers["X-Amz-Target"]})
        body = json.dumps({"SecretString": secret}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if "PLAYS_AWS" in os.environ:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 8086), Aws)
    threading.Thread(target=server.serve_forever, daemon=True).start()

answers = []
for token in [TOKEN, "another", ""]:
    for question in os.environ["QUESTIONS"].splitlines():
        answer, body = ask("127.0.0.1:%d" % PORT, "GET", question, {HEADER: token} if token else {})
        answers.append([answer.status, body])

# Without a handler Python would end with a traceback.
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
runtime, invocation = os.environ["AWS_LAMBDA_RUNTIME_API"], "/2018-06-01/runtime/invocation/"
while True:
    event, _ = ask(runtime, "GET", invocation + "next")
    request_id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    ask(runtime, "POST", f"{invocation}{request_id}/response", body=json.dumps(answers))
