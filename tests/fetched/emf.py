#!/usr/bin/env python3
"""Holds lines to CloudWatch's embedded metric format.

usage: emf.py DIRECTORY    the lines come as a line of JSON, a list, on standard input;
                           what is wrong with them goes to standard output, a line for each

Judge is the JSON schema of AWS's specification, as Powertools for AWS Lambda
(MIT-0) came with it and checked what it wrote by it, with the same validator,
fastjsonschema (BSD). Of Powertools nothing else is used. What the specification
says beyond its schema is checked here.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
import zipfile

from fetched import alone, wheel

SCHEMA = "aws_lambda_powertools/metrics/schema.json"
# By package: version, what is used of it and its digest.
WHEELS = {
    "aws_lambda_powertools": ("1.0.0", SCHEMA, "a06dc316179da6e201ea174b14d88a4d05aafe9a9c083b3494d2794fca332557"),
    "fastjsonschema": ("2.21.2", None, "1c797122d0a86c5cace2e54bf4e819c36223b552017172f32c5c024a6b77e463"),
}
# By the specification: metrics of other times are not taken.
PAST, AHEAD = 14 * 24 * 3600, 2 * 3600
MAX_BYTES = 256 * 1024


def digest(place, member):
    with zipfile.ZipFile(place) if member else open(place, "rb") as file:
        return hashlib.sha256(file.read(member) if member else file.read()).hexdigest()


def wheels(directory):
    """Where they are, by package; what is fetched comes to its place by a rename."""
    places = {}
    with alone(directory) as directory:
        for package, (version, member, expected) in WHEELS.items():
            place = places[package] = os.path.join(directory, f"{package}-{version}.whl")
            if not os.path.exists(place):
                with tempfile.TemporaryDirectory(dir=directory) as scratch:
                    os.replace(wheel(package, version, scratch), place)
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
    places = wheels(sys.argv[1])
    sys.path.insert(0, places["fastjsonschema"])
    import fastjsonschema

    with zipfile.ZipFile(places["aws_lambda_powertools"]) as archive:
        validate = fastjsonschema.compile(json.loads(archive.read(SCHEMA)))
    for line in json.loads(sys.stdin.readline()):
        for problem in problems(line, validate, fastjsonschema.JsonSchemaException):
            print(f"{problem}: {line}")


main()
