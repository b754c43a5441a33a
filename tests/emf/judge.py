#!/usr/bin/env python3
"""Holds lines to CloudWatch's embedded metric format.

usage: judge.py DIRECTORY    the lines come as a line of JSON, a list, on standard input;
                             what is wrong with them goes to standard output, a line for each

Judge is the JSON schema of AWS's specification, as Powertools for AWS Lambda
(MIT-0) came with it and checked what it wrote by it, with the same validator,
fastjsonschema (BSD). Of Powertools nothing else is used; of both nothing is
installed. What the specification says beyond its schema is checked here.
Exit code 3: they cannot be had here, and standard output says why.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile

SCHEMA = "aws_lambda_powertools/metrics/schema.json"
# By package: version, what is used of it and its digest.
WHEELS = {
    "aws_lambda_powertools": ("1.0.0", SCHEMA, "a06dc316179da6e201ea174b14d88a4d05aafe9a9c083b3494d2794fca332557"),
    "fastjsonschema": ("2.21.2", None, "1c797122d0a86c5cace2e54bf4e819c36223b552017172f32c5c024a6b77e463"),
}
PATIENCE = 300
# By the specification: metrics of other times are not taken.
PAST, AHEAD = 14 * 24 * 3600, 2 * 3600
MAX_BYTES = 256 * 1024


def cannot(why):
    print(why)
    sys.exit(3)


def digest(wheel, member):
    with zipfile.ZipFile(wheel) if member else open(wheel, "rb") as file:
        return hashlib.sha256(file.read(member) if member else file.read()).hexdigest()


def fetch(package, version, into):
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    pip += ["--retries", "1", "--no-deps", "--only-binary", ":all:", "--dest", into]
    try:
        done = subprocess.run(
            pip + [f"{package}=={version}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            text=True,
        )
    except subprocess.TimeoutExpired:
        cannot(f"pip did not get {package} {version} within {PATIENCE} s")
    if done.returncode != 0:
        said = done.stdout.strip().splitlines() or ["it did not say why"]
        cannot(f"pip could not get {package} {version}: {said[-1]}")
    (wheel,) = os.listdir(into)
    return os.path.join(into, wheel)


def wheels(directory):
    """Where they are, by package; what is fetched comes to its place by a rename."""
    os.makedirs(directory, exist_ok=True)
    places = {}
    with open(os.path.join(directory, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for package, (version, member, expected) in WHEELS.items():
            place = places[package] = os.path.join(directory, f"{package}-{version}.whl")
            if not os.path.exists(place):
                with tempfile.TemporaryDirectory(dir=directory) as scratch:
                    os.replace(fetch(package, version, scratch), place)
            found = digest(place, member)
            if found != expected:
                sys.exit(f"{package} {version} has sha256 {found}, expected {expected}")
    return places


def beyond_the_schema(line, document):
    if len(line.encode()) > MAX_BYTES:
        yield "is too long"
    metadata = document["_aws"]
    age = time.time() - metadata["Timestamp"] / 1000
    if not -AHEAD <= age <= PAST:
        yield f"its time is {age} s ago"
    for directive in metadata["CloudWatchMetrics"]:
        for dimension in sum(directive["Dimensions"], []):
            value = document.get(dimension)
            if not isinstance(value, str) or not value:
                yield f"dimension {dimension} has the value {value!r}"
        if not 0 < len(directive["Metrics"]) <= 100:
            yield f"has {len(directive['Metrics'])} metrics"
        for metric in directive["Metrics"]:
            value = document.get(metric["Name"])
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                yield f"metric {metric['Name']} has the value {value!r}"


def problems(line, validate, refusal):
    try:
        document = validate(json.loads(line))
    except (ValueError, refusal) as error:
        return [str(error)]
    return list(beyond_the_schema(line, document))


def main():
    places = wheels(os.path.abspath(sys.argv[1]))
    sys.path.insert(0, places["fastjsonschema"])
    import fastjsonschema

    with zipfile.ZipFile(places["aws_lambda_powertools"]) as archive:
        validate = fastjsonschema.compile(json.loads(archive.read(SCHEMA)))
    for line in json.loads(sys.stdin.readline()):
        for problem in problems(line, validate, fastjsonschema.JsonSchemaException):
            print(f"{problem}: {line}")


main()
