"""The offline store's files: how they are written whole or not at all, and how damage is noticed."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from feast_store.failure import DAMAGED_FILE, Failure, first_line

MANIFEST = "manifest.json"
REMEDY = "build the features again (another DATA_VERSION does)"


def write(folder: Path, version: str, tables: dict[str, pa.Table]) -> None:
    """Writes every table, then the manifest that names them. A reader sees a whole file, the old one or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for name, table in tables.items():
        replace(folder / name, lambda path, table=table: pq.write_table(table, path, compression="zstd"))
        entries[name] = {"rows": table.num_rows, "sha256": sha256(folder / name)}
    replace(folder / MANIFEST, lambda path: path.write_text(json.dumps({"version": version, "files": entries}, indent=1)))


def read(folder: Path, name: str, columns: list[str]) -> pa.Table:
    """These columns of the file `name`.

    Raises:
        Failure: the manifest or the file is missing, the file is not the one the manifest names, or lacks a column.
    """
    path = folder / name
    try:
        entry = json.loads((folder / MANIFEST).read_text())["files"][name]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(DAMAGED_FILE, f"{folder / MANIFEST}: does not tell of {name} ({first_line(error)}); {REMEDY}") from error
    try:
        if sha256(path) != entry["sha256"]:
            raise Failure(DAMAGED_FILE, f"{path}: damaged or cut off (its SHA-256 is not the manifest's); {REMEDY}")
        table = pq.read_table(path)
    except (OSError, KeyError, TypeError, pa.ArrowException) as error:
        raise Failure(DAMAGED_FILE, f"{path}: cannot be read ({first_line(error)}); {REMEDY}") from error
    if lacking := [column for column in columns if column not in table.column_names]:
        raise Failure(DAMAGED_FILE, f"{path}: has no column {', '.join(lacking)}; {REMEDY}")
    return table.select(columns)


def replace(path: Path, write_to: Callable[[Path], object]) -> None:
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
