"""What the scripts beside this have in common: each fetches a program of others, the first time.

Nothing is installed. Exit code 3: it cannot be had here, and standard output
says why. Any other failure is a mistake somewhere.
"""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile

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


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def program(directory, package, version, member, sha256):
    """The path of a program that a wheel has in it, of which nothing else is used."""
    with alone(directory) as directory:
        place = os.path.join(directory, f"{os.path.basename(member)}-{version}")
        if not os.path.exists(place) or digest(place) != sha256:
            # It comes to its place by a rename, so that nobody ever sees a part of it.
            with tempfile.TemporaryDirectory(dir=directory) as scratch:
                part = os.path.join(scratch, "program")
                fetched = wheel(package, version, os.path.join(scratch, "wheel"))
                with zipfile.ZipFile(fetched) as archive, open(part, "wb") as file:
                    file.write(archive.read(member))
                found = digest(part)
                if found != sha256:
                    sys.exit(f"{member} of {package} {version} has sha256 {found}, expected {sha256}")
                os.chmod(part, 0o755)
                os.replace(part, place)
    return place
