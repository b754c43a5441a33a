#!/usr/bin/env python3
"""Asks rust-analyzer what an author sees of the attribute in an editor.

usage: check.py [RUST-ANALYZER]

README.md beside this says what is asked, and what it takes. Prints an answer a line;
exit code 1 if one is wrong.
"""

import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(f"{os.path.dirname(__file__)}/../..")
MANIFEST = f"""\
[package]
name = "edited"
edition = "2024"

[dependencies]
lambda-ext = {{ path = {json.dumps(f"{ROOT}/lambda-ext")} }}

[workspace]
"""
# `|` is the caret: the character behind it is asked about.
RIGHT = """\
use lambda_ext::{Error, InvokeEvent, Register, lambda_extension};

struct Audit {
    invocations: u64,
}

#[lambda_extension(events = [|Invoke], |fail_open)]
impl Audit {
    async fn |init(register: Register) -> Result<Self, Error> {
        println!("{}", register.|function_name);
        Ok(Self { invocations: 0 })
    }

    async fn |invoke(&mut self, event: InvokeEvent) {
        self.|invocations += 1;
        println!("{}", event.|request_id);
    }
}
"""
# An event that there is not.
MISTAKEN = RIGHT.replace("|Invoke", "|Invok")
# A method that is being written.
UNFINISHED = RIGHT.replace("event.|request_id", "event.|")


class Server:
    """rust-analyzer, spoken to in LSP."""

    def __init__(self, program, root):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
        self.asked = 0
        self.quiescent = False
        capabilities = {
            "experimental": {"serverStatusNotification": True},
            "textDocument": {"hover": {"contentFormat": ["plaintext"]}},
        }
        # Its own view of the code: what cargo says of it is what rustc says anywhere.
        options = {"checkOnSave": False}
        source = os.environ.get("RUST_SRC")
        if source:
            options["cargo"] = {"sysrootSrc": source}
        self.ask(
            "initialize",
            processId=os.getpid(),
            rootUri=f"file://{root}",
            capabilities=capabilities,
            initializationOptions=options,
        )
        self.tell("initialized")

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            name, value = line.split(b": ")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            sys.exit("rust-analyzer has ended")
        message = json.loads(self.process.stdout.read(length))
        method, params = message.get("method"), message.get("params")
        if method == "experimental/serverStatus":
            self.quiescent = params["quiescent"]
            if params["health"] == "error":
                sys.exit(f"rust-analyzer: {params['message']}")
        elif method and "id" in message:
            # What it asks of an editor, for which this one has no answer.
            self.send(id=message["id"], result=None)
        return message

    def tell(self, method, **params):
        self.send(method=method, params=params)

    def ask(self, method, **params):
        self.asked += 1
        # `shutdown` has none, and an empty object is not none.
        self.send(id=self.asked, method=method, params=params or None)
        while True:
            message = self.receive()
            if message.get("id") == self.asked and "method" not in message:
                if "error" in message:
                    sys.exit(f"{method}: {message['error']['message']}")
                return message["result"]

    def until(self, holds):
        while not holds():
            self.receive()


class Document:
    """A file as it is typed."""

    version = 0

    def __init__(self, server, path):
        self.server = server
        self.uri = f"file://{path}"

    def type(self, marked):
        pieces = marked.split("|")
        text = "".join(pieces)
        self.lines = text.split("\n")
        self.carets = {}
        before = ""
        for piece, after in zip(pieces, pieces[1:]):
            before += piece
            place = {"line": before.count("\n"), "character": len(before.rsplit("\n", 1)[-1])}
            word = after.split("\n")[0]
            self.carets["".join(c if c.isidentifier() else " " for c in word).split(" ")[0]] = place
        self.version += 1
        if self.version == 1:
            document = {"uri": self.uri, "languageId": "rust", "version": 1, "text": text}
            self.server.tell("textDocument/didOpen", textDocument=document)
        else:
            document = {"uri": self.uri, "version": self.version}
            self.server.tell("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])

    def at(self, word, method):
        return self.server.ask(method, textDocument={"uri": self.uri}, position=self.carets[word])

    def hover(self, word):
        return (self.at(word, "textDocument/hover") or {"contents": {"value": ""}})["contents"]["value"]

    def definition(self, word):
        found = self.at(word, "textDocument/definition") or []
        places = []
        for place in found if isinstance(found, list) else [found]:
            path, line = place["uri"].removeprefix("file://"), place["range"]["start"]["line"]
            with open(path) as file:
                places.append(f"{os.path.relpath(path, ROOT)}: {file.read().splitlines()[line].strip()}")
        return "; ".join(places)

    def problems(self):
        report = self.server.ask("textDocument/diagnostic", textDocument={"uri": self.uri})
        return [f"{problem['message']} at {self.word(problem['range'])}" for problem in report["items"]]

    def word(self, place):
        start, end = place["start"], place["end"]
        return self.lines[start["line"]][start["character"] : end["character"]]

    def completions(self):
        """Those at the last caret."""
        found = self.at(list(self.carets)[-1], "textDocument/completion")
        return [item["label"] for item in (found if isinstance(found, list) else found["items"])]


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "rust-analyzer"
    wrong = 0

    def holds(what, said, expected):
        nonlocal wrong
        right = expected in said
        wrong += not right
        said = " ".join(said.split())
        print("ok   " if right else "WRONG", what, "->", said if right else f"{said}, expected {expected}")

    with tempfile.TemporaryDirectory() as directory:
        root = os.path.realpath(directory)
        path = f"{root}/src/main.rs"
        os.mkdir(f"{root}/src")
        for place, text in [(f"{root}/Cargo.toml", MANIFEST), (path, RIGHT.replace("|", ""))]:
            with open(place, "w") as file:
                file.write(text)
        # The versions that are known here.
        with open(f"{ROOT}/Cargo.lock") as lock, open(f"{root}/Cargo.lock", "w") as copy:
            copy.write(lock.read())
        server = Server(program, root)
        document = Document(server, path)
        document.type(RIGHT)
        server.until(lambda: server.quiescent)
        for word, expected in [
            ("Invoke", "lambda_ext::event::EventType"),
            ("fail_open", "lambda_ext::handler::Config"),
            ("init", "async fn init(register: Register) -> Result<Self, Error>"),
            ("invoke", "async fn invoke(&mut self, event: InvokeEvent)"),
            ("invocations", "invocations: u64"),
            ("request_id", "pub request_id: String"),
        ]:
            holds(f"hover {word}", document.hover(word), expected)
        for word, expected in [
            ("Invoke", "lambda-ext/src/event.rs: Invoke,"),
            ("fail_open", "lambda-ext/src/handler.rs: pub const fn fail_open("),
            ("function_name", "lambda-ext/src/register.rs: pub function_name: String,"),
            ("request_id", "lambda-ext/src/event.rs: pub request_id: String,"),
        ]:
            holds(f"definition of {word}", document.definition(word), expected)
        holds("no problems", str(document.problems()), "[]")

        document.type(MISTAKEN)
        holds("problems", str(document.problems()), "unknown event `Invok`")
        holds("hover request_id", document.hover("request_id"), "pub request_id: String")

        document.type(UNFINISHED)
        holds("completions", str(document.completions()), "'request_id'")

        server.ask("shutdown")
        server.tell("exit")
        server.process.wait()
    sys.exit(wrong > 0)


main()
