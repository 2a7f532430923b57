"""The tables. Each writer makes what it needs itself, and each is asked for before it is read."""

import time
from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Connection, Double, Integer, MetaData, String, Table, func, inspect, select
from sqlalchemy.dialects import postgresql, sqlite

METADATA = MetaData()

MEASUREMENTS = Table(
    "measurements",
    METADATA,
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("wind_speed", Double, nullable=False),
    Column("wind_direction", Double, nullable=False),
    Column("temperature", Double, nullable=False),
    Column("pressure", Double, nullable=False),
    Column("power", Double, nullable=False),
    Column("written_at", Double, nullable=False),
)
"""One row for each ten minutes, by seconds since 1970; the times of the real world are in `written_at`."""

PREDICTIONS = Table(
    "predictions",
    METADATA,
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("power", Double, nullable=False),
    Column("model_version", String(32), nullable=False),
    Column("predicted_at", Double, nullable=False),
)
"""At most one row for each measurement."""

DATASET = Table(
    "dataset",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seed", BigInteger, nullable=False),
    Column("version", String(255), nullable=False),
    Column("rows", Integer, nullable=False),
)
"""One row: what the history was made of."""

STEPS = Table(
    "steps",
    METADATA,
    Column("step", String(32), primary_key=True),
    Column("last_success", Double, nullable=False),
    Column("lag_rows", Integer, nullable=False),
    Column("detail", String(255), nullable=False),
)
"""One row for each step: when it last succeeded, and how far it is behind."""


def create(connection: Connection, tables: Sequence[Table]) -> None:
    """Makes those that are not there; inside `Database.writing`, so that two steps never make one at once."""
    METADATA.create_all(connection, tables)


def has(connection: Connection, *tables: Table) -> bool:
    """Whether all of them are there."""
    return all(inspect(connection).has_table(table.name) for table in tables)


def insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insertion that can say what is done where a row is there already."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def note(connection: Connection, step: str, detail: str, lag: int = 0) -> None:
    """Notes a success in the transaction that holds what the step did."""
    create(connection, [STEPS])
    values = {"last_success": time.time(), "lag_rows": lag, "detail": detail}
    connection.execute(insert(connection, STEPS).values(step=step, **values).on_conflict_do_update(index_elements=["step"], set_=values))


def newest(connection: Connection, since: int) -> int | None:
    """The time of the newest measurement at or after `since`."""
    return connection.scalar(select(func.max(MEASUREMENTS.c.time)).where(MEASUREMENTS.c.time >= since))
