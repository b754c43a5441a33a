#!/usr/bin/env python3
"""Prints where Debian's ClickHouse is unpacked, fetching it the first time.

usage: fetch.py DIRECTORY

apt-get downloads the package and those that it needs and that are not installed;
nothing is installed, and nothing of them is run here. Exit code 3: it cannot be
had here, and standard output says why. Any other failure is a mistake somewhere.
"""

import fcntl
import glob
import os
import subprocess
import sys
import tempfile

PACKAGE = "clickhouse-server"
SERVER = "usr/sbin/clickhouse-server"
PATIENCE = 300


def cannot(why):
    print(why)
    sys.exit(3)


def download(into):
    """The packages' paths."""
    # apt-get wants it there.
    os.makedirs(f"{into}/partial")
    # It may be installed: its files are wanted all the same. Nothing is locked, since nothing is changed.
    apt = ["apt-get", "install", "--download-only", "--reinstall", "--no-install-recommends", "--yes", "--quiet"]
    apt += ["-o", f"Dir::Cache::Archives={into}", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"]
    try:
        done = subprocess.run(
            apt + [PACKAGE],
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            text=True,
        )
    except FileNotFoundError:
        cannot("there is no apt-get")
    except subprocess.TimeoutExpired:
        cannot(f"apt-get did not get {PACKAGE} within {PATIENCE} s")
    if done.returncode != 0:
        said = done.stdout.strip().splitlines() or ["it did not say why"]
        cannot(f"apt-get could not get {PACKAGE} (is its list up to date?): {said[-1]}")
    return glob.glob(f"{into}/*.deb")


def fetch(root):
    """Puts it in its place by a rename, so that nobody ever sees a part of it."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(root)) as scratch:
        part = f"{scratch}/root"
        for package in download(f"{scratch}/packages"):
            subprocess.run(["dpkg-deb", "--extract", package, part], check=True)
        if not os.path.exists(f"{part}/{SERVER}"):
            sys.exit(f"{PACKAGE} has no {SERVER}")
        os.replace(part, root)


def main():
    directory = os.path.abspath(sys.argv[1])
    os.makedirs(directory, exist_ok=True)
    # Tests ask for it at the same time, each from a process of its own.
    with open(f"{directory}/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        root = f"{directory}/root"
        if not os.path.exists(root):
            fetch(root)
    print(root)


main()
