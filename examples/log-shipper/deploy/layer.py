#!/usr/bin/env python3
"""Packs extensions into the zip file of a layer, on any system.

usage: layer.py ZIP EXTENSION...

Lambda runs what is in `extensions/` if it may be executed. `zip` takes that from
the file, which on Windows, and on its disks under WSL, cannot say so. This says it
of each, and packs equal files to equal bytes: what did not change is not deployed again.
"""

import os
import stat
import sys
import zipfile

MODE = stat.S_IFREG | 0o755
# What a zip file calls the systems that have such modes.
UNIX = 3
# The first time that a zip file can tell.
TIME = (1980, 1, 1, 0, 0, 0)


def content(path):
    with open(path, "rb") as file:
        found = file.read()
    if not found.startswith((b"\x7fELF", b"#!")):
        sys.exit(f"{path} is neither a program for Linux nor a script: build it with `--target` for Linux")
    return found


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: layer.py ZIP EXTENSION...")
    archive, *extensions = sys.argv[1:]
    packed = [(os.path.basename(path), content(path)) for path in extensions]
    os.makedirs(os.path.dirname(archive) or ".", exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as layer:
        for name, found in packed:
            entry = zipfile.ZipInfo(f"extensions/{name}", TIME)
            entry.create_system = UNIX
            entry.external_attr = MODE << 16
            layer.writestr(entry, found, zipfile.ZIP_DEFLATED)


main()
