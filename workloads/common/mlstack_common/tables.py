"""Parquet tables of a data set; damage is noticed when they are read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mlstack_common.data_sets import REMEDY, DataSet, current, publish
from mlstack_common.ending import Exit, Failure, first_line
from mlstack_common.files import sha256


def write(folder: Path, version: str, tables: dict[str, pa.Table]) -> DataSet:
    """Writes the tables, by their files' names, as a new data set, and makes it the current one.

    Raises:
        OSError: they cannot be written; the current data set stays.
    """

    def writer(table: pa.Table):
        def write_table(path: Path) -> int:
            pq.write_table(table, path, compression="zstd")
            return table.num_rows

        return write_table

    return publish(folder, version, {name: writer(table) for name, table in tables.items()})


def read(folder: Path, name: str, columns: list[str] | None = None) -> tuple[pa.Table, DataSet]:
    """The table in the file `name` of the current data set, or only these columns of it.

    Raises:
        Failure: the manifest or the file is missing, the file is not the one the manifest names, or it lacks a column.
    """
    data = current(folder)
    try:
        return read_from(data, name, columns), data
    except Failure:
        newer = current(folder)
        if newer.id == data.id:
            raise
        # Two versions were written meanwhile, and the second has removed what was to be read.
        return read_from(newer, name, columns), newer


def read_from(data: DataSet, name: str, columns: list[str] | None = None) -> pa.Table:
    """The same of one data set: files that belong together are read from one.

    Raises:
        Failure: as `read` does.
    """
    path = data.path(name)
    try:
        if sha256(path) != data.checksums[name]:
            raise Failure(Exit.DATA, f"{path}: damaged or cut off (its SHA-256 is not the manifest's); {REMEDY}")
        table = pq.read_table(path, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise Failure(Exit.DATA, f"{path}: cannot be read ({first_line(error)}); {REMEDY}") from error
    if columns is None:
        return table
    if lacking := [column for column in columns if column not in table.column_names]:
        raise Failure(Exit.DATA, f"{path}: has no column {', '.join(lacking)}; {REMEDY}")
    return table.select(columns)
