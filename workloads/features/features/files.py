"""The feature files: which there are, how they are written whole or not at all, and how damage is noticed."""

import hashlib
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.failure import DAMAGED_FILE, Failure

ACCOUNTS = "accounts.parquet"
EDGES = "edges.parquet"
MANIFEST = "manifest.json"

REMEDY = "build the features again (another dataVersion does)"


def write(folder: Path, version: str, tables: dict[str, pa.Table]) -> None:
    """Writes every table, then the manifest that names them. A reader sees the old set or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, object] = {"version": version, "files": {}}
    entries = {}
    for name, table in tables.items():
        replace(folder / name, lambda path, table=table: pq.write_table(table, path, compression="zstd"))
        entries[name] = {"rows": table.num_rows, "sha256": sha256(folder / name)}
    manifest["files"] = entries
    replace(folder / MANIFEST, lambda path: path.write_text(json.dumps(manifest, indent=1)))


def read(folder: Path, name: str) -> tuple[pa.Table, str]:
    """The table in `name` and the version of the data.

    Raises:
        Failure: the manifest or the file is missing, or the file is not the one the manifest names.
    """
    manifest = read_manifest(folder)
    path = folder / name
    try:
        if sha256(path) != manifest["files"][name]["sha256"]:
            raise Failure(DAMAGED_FILE, f"{path}: damaged or cut off (its SHA-256 is not the manifest's); {REMEDY}")
        return pq.read_table(path), manifest["version"]
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise Failure(DAMAGED_FILE, f"{path}: cannot be read ({first_line(error)}); {REMEDY}") from error


def read_manifest(folder: Path) -> dict:
    """The manifest, which is written last and so tells that the files are whole."""
    try:
        return json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise Failure(DAMAGED_FILE, f"{folder / MANIFEST}: cannot be read ({first_line(error)}); {REMEDY}") from error


def replace(path: Path, write_to) -> None:
    """Writes beside `path`, makes sure it is on disk, then moves it there in one step."""
    temporary = path.with_name(f".{path.name}.part")
    write_to(temporary)
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
