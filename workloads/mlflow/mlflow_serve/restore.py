"""`mlflow-restore FILE`: brings a backup back, into an empty folder or, with `--replace`, in place of the data there."""

import argparse
import sys
import tarfile
import tempfile
from pathlib import Path

from mlflow_serve.archive import extract
from mlflow_serve.database import RUNS, USERS, sqlite_schema
from mlflow_serve.folder import Folder
from mlflow_serve.settings import Storage
from mlstack_common.ending import Exit, Failure, run
from mlstack_common.settings import read


def main() -> None:
    """Reads the backup; `-` is standard input."""
    parser = argparse.ArgumentParser(prog="mlflow-restore", description=__doc__)
    parser.add_argument("file", help="backup to bring back; - is standard input")
    parser.add_argument("--replace", action="store_true", help="remove the data there; without it a folder that is not empty is refused")
    given = parser.parse_args()
    run(lambda: restore(read(Storage), given.file, given.replace))


def restore(storage: Storage, file: str, replace: bool) -> None:
    """Unpacks beside the data, checks everything, and only then puts it in their place.

    Raises:
        Failure: a server runs, the folder has data and `replace` is not given, or the backup is damaged or of another back end.
    """
    folder = Folder(storage.data)
    if storage.backend == "postgresql":
        raise Failure(Exit.SETTINGS, "BACKEND: a database of its own is brought back with its own tool: psql or pg_restore")
    folder.claim()
    held = folder.holds()
    if held and not replace:
        raise Failure(Exit.SETTINGS, f"DATA: {folder.path} is not empty ({', '.join(held)}); say --replace to remove that, or give another folder")
    with tempfile.TemporaryDirectory(dir=folder.path, prefix=".restore-") as scratch:
        fresh = Folder(Path(scratch))
        unpack(file, fresh, storage.backend)
        # Renames only: when they are interrupted, both the old and the new data are still on the disk.
        replaced = fresh.path / "replaced"
        replaced.mkdir()
        for name in held:
            (folder.path / name).rename(replaced / name)
        for name in fresh.holds():
            (fresh.path / name).rename(folder.path / name)
    print(f"{', '.join(folder.holds())} of {file} are in {folder.path}", file=sys.stderr)


def unpack(file: str, fresh: Folder, backend: str) -> None:
    """Unpacks and checks: every file, the kind of store, and whether this version can serve it."""
    try:
        with sys.stdin.buffer if file == "-" else open(file, "rb") as source, tarfile.open(fileobj=source, mode="r|") as tar:
            manifest = extract(tar, fresh.path)
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise Failure(Exit.DATA, f"{file} cannot be brought back: it is cut off, or no backup ({error})") from None
    except Failure as failure:
        raise Failure(failure.code, f"{file} cannot be brought back: {failure}") from None
    if manifest["backend"] != backend:
        raise Failure(
            Exit.SETTINGS, f"BACKEND: {file} is a backup of the back end {manifest['backend']}, got {backend}; set BACKEND to {manifest['backend']}"
        )
    sqlite_schema(fresh.database, *RUNS)
    sqlite_schema(fresh.users, *USERS)
