"""`mlflow-backup FILE`: a consistent copy of runs, models, users and artifacts, while the server runs."""

import argparse
import contextlib
import os
import sqlite3
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import IO

from mlflow_serve.archive import add_file, add_manifest
from mlflow_serve.folder import Folder
from mlflow_serve.settings import Storage
from mlstack_common.ending import Exit, Failure, run
from mlstack_common.settings import read


def main() -> None:
    """Writes the backup; `-` is standard output."""
    parser = argparse.ArgumentParser(prog="mlflow-backup", description=__doc__)
    parser.add_argument("file", help="tar file to write, which must not exist; - is standard output")
    given = parser.parse_args()
    run(lambda: backup(read(Storage), given.file))


def backup(storage: Storage, file: str) -> None:
    """Writes everything in the data folder into `file`.

    Raises:
        Failure: the data are elsewhere, there are none, or `file` exists.
    """
    folder = Folder(storage.data)
    if storage.backend == "postgresql":
        raise Failure(
            Exit.SETTINGS, f'BACKEND: a database of its own is backed up with its own tool: pg_dump "$DATABASE_URL", and a copy of {folder.artifacts}'
        )
    held = folder.holds()
    if not held:
        raise Failure(Exit.SETTINGS, f"DATA: there is nothing to back up in {folder.path}")
    with destination(file) as target, tarfile.open(fileobj=target, mode="w|") as tar:
        files = write(tar, folder)
        add_manifest(tar, {"mlflow": version("mlflow"), "backend": storage.backend, "files": files})
    print(f"{len(files)} files of {folder.path} ({', '.join(held)}) are in {'standard output' if file == '-' else file}", file=sys.stderr)


def write(tar: tarfile.TarFile, folder: Folder) -> dict[str, str]:
    """Puts all data into the tar; their checksums.

    The databases come first: the artifacts that they name are in the folder by then, since an artifact is uploaded before it
    is named.
    """
    files: dict[str, str] = {}
    folder.scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.scratch) as scratch:
        for database in folder.databases:
            if database.exists():
                copy = Path(scratch) / database.name
                copy_database(database, copy)
                note(files, database.name, add_file(tar, copy, database.name))
    for tree in folder.trees:
        for path in sorted([tree, *tree.rglob("*")]) if tree.exists() else []:
            name = str(path.relative_to(folder.path))
            if path.is_dir():
                # Also an empty one: the file store looks for some.
                tar.add(path, name, recursive=False)
            else:
                note(files, name, add_file(tar, path, name))
    return files


def note(files: dict[str, str], name: str, checksum: str | None) -> None:
    if checksum is not None:
        files[name] = checksum


def copy_database(source: Path, target: Path) -> None:
    """A copy as of one moment, while other processes write (SQLite's online backup)."""
    with (
        contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=20)) as old,
        contextlib.closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


@contextlib.contextmanager
def destination(file: str) -> Iterator[IO[bytes]]:
    """Where the tar goes. A file appears under its name only when it is whole."""
    if file == "-":
        yield sys.stdout.buffer
        return
    if os.path.exists(file):
        raise Failure(Exit.SETTINGS, f"{file} exists; give another name")
    part = Path(f"{file}.part")
    try:
        with part.open("wb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
