"""DynamoDB Local: fetched once with Maven, started on 127.0.0.1, in memory or on a folder.

What is fetched lies in a folder named after what was asked for, so a change of pom.xml fetches anew.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

import tidemark
from tidemark.stack.errors import StoreError
from tidemark.stack.store_process import StoreProcess

_FOLDER = Path(tidemark.__file__).resolve().parents[1]
_POM = _FOLDER / "pom.xml"
_LAUNCHER = _FOLDER / "Launcher.java"
_CACHE = _FOLDER.parents[1] / ".tidemark"
_CACHE_VARIABLE = "TIDEMARK_CACHE"
_JAVA_VERSION = 17
_FETCH_SECONDS = 600
# What DynamoDB Local calls its file with -sharedDb.
_DATABASE = "shared-local-instance.db"


@cache
def missing() -> str | None:
    """Why DynamoDB Local cannot be used here, or None if it can."""
    java = shutil.which("java")
    if java is None:
        return "there is no java"
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603 - fixed words
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < _JAVA_VERSION:
        return f"java is older than {_JAVA_VERSION}"
    if not _fetched().is_dir() and shutil.which("mvn") is None:
        return "there is no mvn to fetch it with"
    return None


def start(data: Path | None, inherit: Sequence[int] = ()) -> StoreProcess:
    """A process over that folder, or in memory. Raises StoreError if it cannot be fetched."""
    folder = fetch()
    if data is not None:
        _stop_time(data / _DATABASE)
    command = [
        "java",
        "-XX:+UseSerialGC",
        # Lives for minutes: the second compiler would take more than it gives (2.5 times the processor time).
        "-XX:TieredStopAtLevel=1",
        f"-Djava.library.path={folder}",
        "-cp",
        f"{folder}{os.sep}*{os.pathsep}{folder}",
        "Launcher",
        "-sharedDb",
        "-disableTelemetry",
        *(["-dbPath", str(data)] if data else ["-inMemory"]),
    ]
    return StoreProcess(command, inherit=inherit)


def _stop_time(database: Path) -> None:
    """Date all stream records anew: they expire after a day, and none may while no stack is there to read them."""
    if not database.is_file():
        return
    now = int(time.time() * 1000)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE us SET CreationDateTime = ?", (now,))
        connection.execute("UPDATE ss SET CreationDateTime = ? WHERE DeletionDateTime IS NULL", (now,))


def fetch() -> Path:
    """The folder with DynamoDB Local and our launcher, made if it is not there. Raises StoreError."""
    fetched = _fetched()
    if fetched.is_dir():
        return fetched
    fetched.parent.mkdir(parents=True, exist_ok=True)
    print("Fetching DynamoDB Local with Maven, once ...", file=sys.stderr, flush=True)
    # Made beside it and renamed, so that it is there whole or not at all, also when two do it at once.
    with tempfile.TemporaryDirectory(dir=fetched.parent) as made:
        target = Path(made) / "lib"
        _run(["mvn", "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={target}"])
        _run([
            "java", "-cp", f"{target}{os.sep}*", "org.eclipse.jdt.internal.compiler.batch.Main",
            "--release", str(_JAVA_VERSION), "-proc:none", "-nowarn",
            "-cp", os.pathsep.join(str(jar) for jar in target.glob("*.jar")), "-d", str(target), str(_LAUNCHER),
        ])  # fmt: skip
        try:
            target.rename(fetched)
        except OSError:
            if not fetched.is_dir():
                raise
    return fetched


def _fetched() -> Path:
    wanted = hashlib.sha256(_POM.read_bytes() + _LAUNCHER.read_bytes()).hexdigest()[:12]
    cache = Path(os.environ.get(_CACHE_VARIABLE, _CACHE))
    return cache / f"dynamodb-local-{wanted}"


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - commands of ours
            command, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"DynamoDB Local cannot be fetched: {error}") from error
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise StoreError(f"DynamoDB Local cannot be fetched: {' '.join(lines[:2]) or command[0]}")
