#!/usr/bin/env python3
"""Prints where AWS's Runtime Interface Emulator is, fetching it the first time.

usage: rie.py DIRECTORY

The emulator (Apache-2.0) comes out of the wheel of aws-sam-cli.
"""

import sys

from fetched import program

print(
    program(
        sys.argv[1],
        package="aws-sam-cli",
        version="1.170.0",
        member="samcli/local/rapid/aws-lambda-rie-x86_64",
        sha256="6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5",
    )
)
