#!/usr/bin/env python3
"""An extension or a function that keeps to no rules: sends the requests of a script, and writes down
the answers.

SCRIPTS holds the steps of each as JSON, by the name of its file, and those of a second life as of
`NAME again`, which knows what the first has kept in the directory MEMORY. Each step is one of

  {"step": NAME, "send": "GET /path", "headers": ["Name: value"], "body": JSON or "text": TEXT,
   "pad": BYTES, "keep": WORD, "background": true}
                    sends a request and waits for its answer, unless it is to stay in the background;
                    `pad` makes the body longer by that many blanks, `keep` makes {WORD} in later
                    steps the identifier in the answer
  {"await": NAME}   waits for the answer to a step in the background
  {"until": STATE, "of": NAME}
                    waits until the platform takes this extension, or another, to be in that state,
                    or, with SIGTERM as the state, for that, which is not noticed before
  {"print": TEXT}   writes a line to standard output
  {"leave": CODE}   ends, with that code
  {"delivered": ["TYPE RECORD", ...], "to": "port", "step": NAME}
                    waits until telemetry has come to a port, as often as it is named, of that type
                    and, if it is a line, of that text; with a name, what has come is the answer.
                    What is subscribed to is to come in few batches: AWS's emulator loses one that is
                    full while another is under way, and the last lines of a function that leaves

Of what is sent, {port} and {another} are ports that take connections and {closed} is one that refuses
them. An answer becomes a line of standard error when it is complete: `answer: ` and JSON. It ends
with EXIT, or 0, after the last step, and whatever is still unanswered then stays so.
"""

import base64
import hashlib
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
PORTS = ["port", "another", "closed"]
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

    def add_port(self, word):
        # Bound and not listening, a port refuses, and nobody else can have it meanwhile.
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
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


def elements(body):
    """The texts of a JSON array's elements, between which there is to be a comma and nothing else."""
    events, end = [], 0
    while body[end : end + 1] == ("," if events else "["):
        event = json.JSONDecoder().raw_decode(body, end + 1)
        events.append(body[end + 1 : event[1]])
        end = event[1]
    return events if body[end:] == "]" else [body]


class Listener:
    """What comes to a port: batches over HTTP, or lines."""

    def __init__(self, bound):
        self.heads = []
        self.events = []
        self.news = threading.Condition()
        bound.listen(64)
        threading.Thread(target=self.take, args=(bound,), daemon=True).start()

    def take(self, bound):
        while True:
            connection, _ = bound.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                data = read_until(connection, b"", len)
                if data.startswith(b"{"):
                    self.note({"status": "a connection", "headers": []}, [])
                    self.serve_lines(connection, data)
                while True:
                    data = self.serve_batch(connection, data)
            except (OSError, EOFError):
                pass

    def serve_lines(self, connection, data):
        while True:
            line, _, data = read_until(connection, data, lambda data: b"\n" in data).partition(b"\n")
            self.note(None, [line.decode()])

    def serve_batch(self, connection, data):
        data = read_until(connection, data, lambda data: b"\r\n\r\n" in data)
        head, _, data = data.partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        fields = dict(field.split(": ", 1) for field in fields)
        length = int(fields.pop({name.lower(): name for name in fields}["content-length"]))
        data = read_until(connection, data, lambda data: len(data) >= length)
        body, rest = data[:length], data[length:]
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers = [[name, value.replace(digest, "{digest of the body}")] for name, value in fields.items()]
        self.note({"status": line, "headers": headers}, elements(body.decode()))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        return rest

    def note(self, head, events):
        # Our own answers are lines, too, and not to be told.
        events = [event for event in events if '"record":"answer: ' not in event]
        with self.news:
            # All batches are to be alike, and there is to be one connection for lines.
            if head and (head not in self.heads or "connection" in head["status"]):
                self.heads.append(head)
            self.events += events
            self.news.notify_all()

    def await_all(self, wanted):
        def all_here():
            here = []
            for event in map(json.loads, self.events):
                here += [event["type"], f"{event['type']} {event['record']}".rstrip("\n")]
            return all(here.count(event) >= wanted.count(event) for event in wanted)

        with self.news:
            self.news.wait_for(all_here)
            status = "; ".join(head["status"] for head in self.heads)
            headers = [header for head in self.heads for header in head["headers"]]
            return {"status": status, "headers": headers, "events": list(self.events)}


class Run:
    def __init__(self, known):
        self.words = Words()
        self.words.known.update(known)
        ports = {word: self.words.add_port(word) for word in PORTS}
        self.listeners = {word: Listener(bound) for word, bound in ports.items() if word != "closed"}
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
                remember(self.words.known)
        self.tell(step, {"status": status, "headers": fields, "body": text})

    def tell(self, step, answer):
        answer = {"step": step["step"], "at": time.time_ns() // 1_000_000, **answer}
        answer["ports"] = {word: self.words.known[word] for word in PORTS}
        # In one piece, as others write to the same place; which is not standard output, because AWS's
        # emulator forwards that as a managed instance, and loses the end of it.
        os.write(2, f"answer: {json.dumps(answer)}\n".encode())

    def until(self, state, name):
        # The refusal to register again names the state, and changes nothing, once it has registered.
        while "MEMORY" in os.environ and not os.path.exists(memory(name)):
            time.sleep(0.001)
        headers = [f"Lambda-Extension-Name: {name}"]
        while f"from {state} to " not in ask(REGISTER, headers, b"{}")[2]:
            time.sleep(0.001)

    def run(self, steps):
        for step in steps:
            if "await" in step:
                self.background[step["await"]].join()
            elif step.get("until") == "SIGTERM":
                signal.sigwait([signal.SIGTERM])
            elif "until" in step:
                self.until(step["until"], step.get("of", NAME))
            elif "print" in step:
                print(step["print"], flush=True)
            elif "leave" in step:
                os._exit(step["leave"])
            elif "delivered" in step:
                come = self.listeners[step.get("to", "port")].await_all(step["delivered"])
                if "step" in step:
                    self.tell(step, come)
            elif step.get("background"):
                thread = threading.Thread(target=self.send, args=(step,), daemon=True)
                self.background[step["step"]] = thread
                thread.start()
            else:
                self.send(step)


def memory(name):
    return os.path.join(os.environ.get("MEMORY", os.devnull), name)


def remember(known):
    if "MEMORY" in os.environ:
        with open(memory(NAME), "w") as file:
            json.dump(known, file)


def main():
    scripts = json.loads(os.environ["SCRIPTS"])
    if NAME not in scripts:
        # Another file, whose calls the extension makes, too.
        signal.pause()
    steps, known = scripts[NAME], {}
    if os.path.exists(memory(NAME)):
        with open(memory(NAME)) as file:
            steps, known = scripts[f"{NAME} again"], json.load(file)
    if {"until": "SIGTERM"} in steps:
        # For all threads, so before the first of them.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    Run(known).run(steps)


main()
os._exit(int(os.environ.get("EXIT", "0")))
