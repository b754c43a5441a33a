#!/usr/bin/env python3
"""Prints where Debian's ClickHouse is unpacked, fetching it the first time.

usage: clickhouse.py DIRECTORY

apt-get downloads the package and those that it needs and that are not installed.
Nothing of them is run here.
"""

import glob
import os
import subprocess
import sys
import tempfile

from fetched import alone, download

PACKAGE = "clickhouse-server"
SERVER = "usr/sbin/clickhouse-server"


def packages(into):
    """Their paths."""
    # apt-get wants it there.
    os.makedirs(f"{into}/partial")
    # It may be installed: its files are wanted all the same. Nothing is locked, since nothing is changed.
    apt = ["apt-get", "install", "--download-only", "--reinstall", "--no-install-recommends", "--yes", "--quiet"]
    apt += ["-o", f"Dir::Cache::Archives={into}", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"]
    download(apt + [PACKAGE], f"{PACKAGE}, as its lists have it", env={**os.environ, "LC_ALL": "C"})
    return glob.glob(f"{into}/*.deb")


def fetch(root):
    """Puts it in its place by a rename, so that nobody ever sees a part of it."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(root)) as scratch:
        part = f"{scratch}/root"
        for package in packages(f"{scratch}/packages"):
            subprocess.run(["dpkg-deb", "--extract", package, part], check=True)
        if not os.path.exists(f"{part}/{SERVER}"):
            sys.exit(f"{PACKAGE} has no {SERVER}")
        os.replace(part, root)


def main():
    with alone(sys.argv[1]) as directory:
        root = f"{directory}/root"
        if not os.path.exists(root):
            fetch(root)
    print(root)


main()
