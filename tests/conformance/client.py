#!/usr/bin/env python3
"""An extension or a function that keeps to no rules: sends the requests of a script, and writes down
the answers.

SCRIPT, or FUNCTION if that is its name, holds the steps as JSON, each of them one of

  {"step": NAME, "send": "GET /path", "headers": ["Name: value"], "body": JSON or "text": TEXT,
   "pad": BYTES, "keep": WORD, "background": true}
                    sends a request and waits for its answer, unless it is to stay in the background;
                    `pad` makes the body longer by that many blanks, `keep` makes {WORD} in later
                    steps the identifier in the answer
  {"await": NAME}   waits for the answer to a step in the background
  {"until": STATE}  waits until the platform takes this extension to be in that state

Of what is sent, {port} is a port that takes connections and {closed} one that refuses them. An
answer becomes a line of standard error when it is complete: `answer: ` and JSON. It ends with EXIT,
or 0, after the last step, and whatever is still unanswered then stays so.
"""

import json
import os
import signal
import socket
import sys
import threading
import time

NAME = os.path.basename(sys.argv[0])
HOST, PORT = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
REGISTER = "POST /2020-01-01/extension/register"
IDENTIFIERS = ["lambda-extension-identifier", "lambda-runtime-aws-request-id"]


class Words:
    """What placeholders stand for."""

    def __init__(self):
        self.known = {}
        self.sockets = []

    def fill(self, text):
        for word, value in self.known.items():
            text = text.replace("{%s}" % word, value)
        return text

    def add_port(self, word, backlog):
        # Bound and not listening, a port refuses, and nobody else can have it meanwhile.
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        if backlog:
            bound.listen(backlog)
        self.sockets.append(bound)
        self.known[word] = str(bound.getsockname()[1])
        return bound


def read_until(connection, data, enough):
    while not enough(data):
        more = connection.recv(65536)
        if not more:
            raise EOFError(f"the platform hung up after {data!r}")
        data += more
    return data


def unchunked(data):
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        body, data = body + data[: int(size, 16)], data[int(size, 16) + 2 :]
    return body


def ask(request, headers, body):
    """Sends one request on a connection of its own; status, headers and body of the answer."""
    method = request.split(" ")[0]
    lines = [f"{request} HTTP/1.1", f"Host: {HOST}:{PORT}", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    with socket.create_connection((HOST, int(PORT))) as connection:
        try:
            connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))
        except OSError:
            pass  # It may have answered before it has read it all.
        data = read_until(connection, b"", lambda data: b"\r\n\r\n" in data)
        head, _, rest = data.partition(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        fields = [field.split(": ", 1) for field in fields]
        found = {name.lower(): value for name, value in fields}
        if "chunked" in found.get("transfer-encoding", ""):
            rest = unchunked(read_until(connection, rest, lambda data: data.endswith(b"0\r\n\r\n")))
        elif method != "HEAD":
            length = int(found.get("content-length", 0))
            rest = read_until(connection, rest, lambda data: len(data) >= length)
    return status.split(" ", 1)[1], fields, rest.decode()


class Run:
    def __init__(self):
        self.words = Words()
        self.background = {}

    def send(self, step):
        body = json.dumps(step["body"]) if "body" in step else step.get("text")
        if body is not None:
            body = (self.words.fill(body) + " " * step.get("pad", 0)).encode()
        headers = [self.words.fill(header) for header in step.get("headers", [])]
        try:
            status, fields, text = ask(self.words.fill(step["send"]), headers, body)
        except (OSError, EOFError) as error:
            status, fields, text = f"no answer: {error!r}", [], ""
        for name, value in fields:
            if name.lower() in IDENTIFIERS and "keep" in step:
                self.words.known[step["keep"]] = value
        answer = {"step": step["step"], "status": status, "headers": fields, "body": text}
        answer["at"] = time.time_ns() // 1_000_000
        answer["ports"] = [self.words.known["port"], self.words.known["closed"]]
        # In one piece, as others write to the same place; which is not standard output, because AWS's
        # emulator forwards that as a managed instance, and loses the end of it.
        os.write(2, f"answer: {json.dumps(answer)}\n".encode())

    def until(self, state):
        # The refusal to register again names the state, and changes nothing.
        headers = [f"Lambda-Extension-Name: {NAME}"]
        while f"from {state} to " not in ask(REGISTER, headers, b"{}")[2]:
            time.sleep(0.001)

    def listen(self):
        listener = self.words.add_port("port", 64)
        self.words.add_port("closed", 0)

        def take():
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=drain, args=(connection,), daemon=True).start()

        def drain(connection):
            # Good enough for a batch of telemetry; what is in it is tested elsewhere.
            with connection:
                while connection.recv(65536):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=take, daemon=True).start()

    def run(self, steps):
        self.listen()
        for step in steps:
            if "await" in step:
                self.background[step["await"]].join()
            elif "until" in step:
                self.until(step["until"])
            elif step.get("background"):
                thread = threading.Thread(target=self.send, args=(step,), daemon=True)
                self.background[step["step"]] = thread
                thread.start()
            else:
                self.send(step)


if NAME not in ["ext", "function"]:
    # Another file, whose calls the extension makes, too.
    signal.pause()
Run().run(json.loads(os.environ["FUNCTION" if NAME == "function" else "SCRIPT"]))
os._exit(int(os.environ.get("EXIT", "0")))
