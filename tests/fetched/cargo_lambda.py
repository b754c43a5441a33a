#!/usr/bin/env python3
"""Prints where cargo-lambda is, fetching it the first time.

usage: cargo_lambda.py DIRECTORY

It (MIT) comes out of its wheel. Zig, which it can link with, is another wheel, of
which there are 450 MB: the system's linker does.
"""

import sys

from fetched import program

VERSION = "1.9.2"

print(
    program(
        sys.argv[1],
        package="cargo-lambda",
        version=VERSION,
        member=f"cargo_lambda-{VERSION}.data/scripts/cargo-lambda",
        sha256="1e1ec19ded407865a1491db3f5e7ef8a1f3b0ac9a78b199e743384ca8916b53b",
    )
)
