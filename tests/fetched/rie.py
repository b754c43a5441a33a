#!/usr/bin/env python3
"""Prints where AWS's Runtime Interface Emulator is, fetching it the first time.

usage: rie.py DIRECTORY

The emulator (Apache-2.0) comes out of the wheel of aws-sam-cli, of which
nothing else is used.
"""

import hashlib
import os
import sys
import tempfile
import zipfile

from fetched import alone, wheel

PACKAGE = "aws-sam-cli"
VERSION = "1.170.0"
MEMBER = "samcli/local/rapid/aws-lambda-rie-x86_64"
SHA256 = "6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def fetch(emulator):
    """Puts the emulator in its place by a rename, so that nobody ever sees a part of it."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(emulator)) as scratch:
        part = os.path.join(scratch, "emulator")
        package = wheel(PACKAGE, VERSION, os.path.join(scratch, "wheel"))
        with zipfile.ZipFile(package) as archive, open(part, "wb") as file:
            file.write(archive.read(MEMBER))
        found = digest(part)
        if found != SHA256:
            sys.exit(f"{MEMBER} of {PACKAGE} {VERSION} has sha256 {found}, expected {SHA256}")
        os.chmod(part, 0o755)
        os.replace(part, emulator)


def main():
    with alone(sys.argv[1]) as directory:
        emulator = os.path.join(directory, f"aws-lambda-rie-{VERSION}")
        if not os.path.exists(emulator) or digest(emulator) != SHA256:
            fetch(emulator)
    print(emulator)


main()
