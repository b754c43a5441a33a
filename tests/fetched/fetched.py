"""What the scripts beside this have in common: each fetches a program of others, the first time.

Nothing is installed. Exit code 3: it cannot be had here, and standard output
says why. Any other failure is a mistake somewhere.
"""

import contextlib
import fcntl
import os
import subprocess
import sys

PATIENCE = 300


def cannot(why):
    print(why)
    sys.exit(3)


def download(command, what, **options):
    """Runs what downloads it to its end."""
    program = os.path.basename(command[0])
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            text=True,
            **options,
        )
    except FileNotFoundError:
        cannot(f"there is no {program} for {what}")
    except subprocess.TimeoutExpired:
        cannot(f"{program} did not get {what} within {PATIENCE} s")
    if done.returncode != 0:
        said = done.stdout.strip().splitlines() or ["it did not say why"]
        cannot(f"{program} could not get {what}: {said[-1]}")


def wheel(package, version, into, *options):
    """The wheel's path; a wheel only, so that nothing of the package is run. With options, pip's."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    pip += ["--retries", "1", "--no-deps", "--only-binary", ":all:", "--dest", into, *options]
    what = f"{package}=={version}"
    download(pip + [what], what)
    (found,) = os.listdir(into)
    return os.path.join(into, found)


@contextlib.contextmanager
def alone(directory):
    """The directory's path, for one at a time: tests ask at the same time, from processes of their own."""
    directory = os.path.abspath(directory)
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield directory
