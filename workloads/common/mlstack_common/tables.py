"""A folder of Parquet tables with a manifest that names them, by which damage is noticed."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mlstack_common.ending import Exit, Failure, first_line
from mlstack_common.files import replace, sha256

MANIFEST = "manifest.json"
REMEDY = "build the features again (another DATA_VERSION does)"


def write(folder: Path, version: str, tables: dict[str, pa.Table]) -> None:
    """Writes every table by its file's name, then the manifest that names them. A reader sees each file whole, the old one or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for name, table in tables.items():
        replace(folder / name, lambda part, table=table: pq.write_table(table, part, compression="zstd"))
        entries[name] = {"rows": table.num_rows, "sha256": sha256(folder / name)}
    replace(folder / MANIFEST, json.dumps({"version": version, "files": entries}, indent=1).encode())


def read(folder: Path, name: str, columns: list[str] | None = None) -> tuple[pa.Table, str]:
    """The table in the file `name`, or only these columns of it, and the version of the data.

    Raises:
        Failure: the manifest or the file is missing, the file is not the one the manifest names, or it lacks a column.
    """
    path = folder / name
    version, expected = entry(folder, name)
    try:
        if sha256(path) != expected:
            raise Failure(Exit.DATA, f"{path}: damaged or cut off (its SHA-256 is not the manifest's); {REMEDY}")
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise Failure(Exit.DATA, f"{path}: cannot be read ({first_line(error)}); {REMEDY}") from error
    if columns is None:
        return table, version
    if lacking := [column for column in columns if column not in table.column_names]:
        raise Failure(Exit.DATA, f"{path}: has no column {', '.join(lacking)}; {REMEDY}")
    return table.select(columns), version


def entry(folder: Path, name: str) -> tuple[str, str]:
    """The version of the data and the checksum of a file, by the manifest, which is written last and so shows that all files are whole."""
    path = folder / MANIFEST
    try:
        manifest: Any = json.loads(path.read_text())
        return str(manifest["version"]), str(manifest["files"][name]["sha256"])
    except (OSError, ValueError) as error:
        raise Failure(Exit.DATA, f"{path}: cannot be read ({first_line(error)}); {REMEDY}") from error
    except (KeyError, TypeError) as error:
        raise Failure(Exit.DATA, f"{path}: does not name {name}; {REMEDY}") from error
