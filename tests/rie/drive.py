#!/usr/bin/env python3
"""One life of a Lambda environment: starts the emulator, invokes, shuts down.

Is to be the first process of mount, pid and network namespaces of its own, so
that its end, however it comes, is the end of all that it has started.

usage: drive.py probe    exit code 0 if this machine lets us do it
       drive.py run      what to do comes as one line of JSON on standard input,
                         what happened goes to standard output as JSON

Standard input stays open as long as the caller is interested.
"""

import fcntl
import http.client
import json
import os
import resource
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

OPT = "/opt"
VAR = "/var"
TASK = f"{VAR}/task"
EXTENSIONS = f"{OPT}/extensions"
WORK = f"{OPT}/work"
INVOKES = ("127.0.0.1", 8080)
RUNTIME_API = "127.0.0.1:9001"
INVOKE_PATH = "/2015-03-31/functions/function/invocations"

# Extensions are started through this, because the emulator keeps neither the
# exit code of an extension that it has told to shut down, nor its standard
# error apart from its standard output. The process group stays the one that
# the emulator kills.
LAUNCHER = f"""#!/bin/sh
"{WORK}/bin/$(basename "$0")" 2>>{WORK}/stderr
code=$?
echo $code >>{WORK}/exits
exit $code
"""


def private_machine():
    """Gives this namespace a loopback interface and an empty /opt."""
    set_flags, up = 0x8914, 0x1
    with socket.socket() as any_socket:
        # The ioctl, because `ip` is not on every machine.
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", up))
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", OPT], check=True)
    # An extension that aborts is part of the tests, and not to leave a core file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def private_task(function):
    """Gives this namespace a /var with the function in it, for the mode that takes no command for it."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", VAR], check=True)
    os.makedirs(TASK)
    write(f"{TASK}/bootstrap", f"#!/bin/sh\nexec {function}\n")
    # It starts everything as a user of its own, who is to write down what happened.
    os.chmod(WORK, 0o777)


def write(target, text):
    with open(target, "w") as file:
        file.write(text)
    os.chmod(target, 0o755)


def put(source, target):
    with open(target, "wb") as file:
        shutil.copyfileobj(source, file)
    os.chmod(target, 0o755)


def read(name):
    try:
        with open(f"{WORK}/{name}", "rb") as file:
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


class Run:
    def __init__(self, wanted):
        self.wanted = wanted
        self.invokes = []
        self.emulator = None
        self.problem = None
        self.telling = threading.Lock()

    def prepare(self):
        # Opened before /opt is covered: any of them may be below it.
        names = ["emulator", "function"]
        sources = {name: open(self.wanted[name], "rb") for name in names}
        extensions = {os.path.basename(path): open(path, "rb") for path in self.wanted["extensions"]}
        private_machine()
        os.makedirs(EXTENSIONS)
        os.makedirs(f"{WORK}/bin")
        for name, source in sources.items():
            put(source, f"{WORK}/{name}")
        for name, source in extensions.items():
            if self.wanted["as_it_is"]:
                put(source, f"{EXTENSIONS}/{name}")
            else:
                put(source, f"{WORK}/bin/{name}")
                write(f"{EXTENSIONS}/{name}", LAUNCHER)

    def start(self):
        # Whatever asks for a Python is to get this one, which is known not to be in /opt.
        path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
        environment = {"PATH": path, "LANG": "C.UTF-8", "AWS_REGION": "us-east-1"}
        environment["AWS_LAMBDA_FUNCTION_TIMEOUT"] = str(self.wanted["timeout"])
        environment.update(self.wanted["env"])
        command = [f"{WORK}/emulator", "--log-level", "debug"]
        command += ["--runtime-interface-emulator-address", "%s:%d" % INVOKES]
        command += ["--runtime-api-address", RUNTIME_API]
        script = f"'{sys.executable}' " if self.wanted["function"].endswith(".py") else ""
        function = f"{script}{WORK}/function 2>>{WORK}/output"
        if self.wanted["managed"]:
            # What it prints becomes telemetry here.
            environment["AWS_LAMBDA_MAX_CONCURRENCY"] = "1"
            private_task(function)
        else:
            # The function's output is not a matter of these tests, except when it will not start.
            command += ["sh", "-c", f"exec {function} >&2"]
        # The extensions' output is the emulator's standard output, its own log is standard error.
        with open(f"{WORK}/stdout", "ab") as out, open(f"{WORK}/platform", "ab") as log:
            self.emulator = subprocess.Popen(
                command, cwd=TASK if self.wanted["managed"] else WORK, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=log
            )

    def await_emulator(self):
        # It has no other sign of being ready. A connection and no request: any request is an invoke.
        while self.emulator.poll() is None:
            try:
                socket.create_connection(INVOKES, timeout=1).close()
                return True
            except OSError:
                time.sleep(0.01)
        return False

    def await_runtime(self):
        """Waits until the runtime of a managed instance is through with what it has answered.

        The caller has the answer before that, and with no runtime to take it, its next invoke is refused.
        """
        answered = sum(invoke["status"] == 200 for invoke in self.invokes)
        # Its log is among the extensions' output there.
        while self.emulator.poll() is None and read("stdout").count("InvokeRouter: received runtime /next") <= answered:
            time.sleep(0.01)

    def invoke(self, payload):
        connection = http.client.HTTPConnection(*INVOKES)
        try:
            connection.request("POST", INVOKE_PATH, payload.encode(), self.wanted["headers"])
            answer = connection.getresponse()
            return {"status": answer.status, "body": answer.read().decode(errors="replace")}
        except (OSError, http.client.HTTPException) as error:
            return {"status": 0, "body": f"no answer: {error!r}"}
        finally:
            connection.close()

    def run(self):
        self.start()
        if self.await_emulator():
            # One after the other: the emulator does not survive two at a time.
            for number in range(self.wanted["invokes"]):
                if self.wanted["managed"] and number:
                    self.await_runtime()
                payloads = self.wanted["payloads"]
                self.invokes.append(self.invoke(payloads[number % len(payloads)]))
            if not self.wanted["ends_itself"]:
                self.emulator.terminate()
        self.emulator.wait()

    def tell(self):
        """Says what is known and ends the namespaces; the first to come here does it."""
        self.telling.acquire()
        known = {name: read(name) for name in ["stdout", "stderr", "platform", "output", "exits"]}
        known["invokes"] = self.invokes
        known["emulator"] = self.emulator and self.emulator.returncode
        known["problem"] = self.problem
        sys.stdout.write(json.dumps(known))
        sys.stdout.flush()
        os._exit(0)


def give_up(run, limit):
    run.problem = f"the run was not over within {limit} s"
    run.tell()


def leave_with_the_caller():
    sys.stdin.read()
    os._exit(1)


def main():
    if sys.argv[1:] == ["probe"]:
        private_machine()
        if not os.path.exists(sys.executable):
            sys.exit(f"{sys.executable} is in {OPT}, which a run covers")
        return
    run = Run(json.loads(sys.stdin.readline()))
    limit = run.wanted["limit"]
    threading.Thread(target=leave_with_the_caller, daemon=True).start()
    run.prepare()
    bound = threading.Timer(limit, give_up, (run, limit))
    bound.daemon = True
    bound.start()
    run.run()
    run.tell()


main()
