#!/usr/bin/env python3
"""Prints where Moto's packages are, fetching them the first time.

usage: moto.py DIRECTORY

Moto (Apache-2.0) plays AWS's APIs, and checks who asks as they do. pip puts it into a
directory of its own, with what it needs; wheels only, so that nothing of them is run here.
"""

import os
import sys
import tempfile

from fetched import alone, download

VERSION = "5.2.5"
# Of what its server needs, that of the services that are asked.
PACKAGES = [f"moto=={VERSION}", "flask==3.1.3", "flask-cors==6.0.5", "pyyaml==6.0.4"]


def fetch(packages):
    """Puts them in their place by a rename, so that nobody ever sees a part of them."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(packages)) as scratch:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--retries", "1", "--only-binary", ":all:", "--no-compile", "--target", f"{scratch}/packages"]
        download(pip + PACKAGES, f"moto {VERSION}")
        os.replace(f"{scratch}/packages", packages)


def main():
    with alone(sys.argv[1]) as directory:
        packages = os.path.join(directory, f"packages-{VERSION}")
        if not os.path.exists(packages):
            fetch(packages)
    print(packages)


main()
