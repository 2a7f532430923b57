"""`history`: the rows before the live ones; another seed, version or number of rows replaces them in one transaction."""

import time

from sqlalchemy import delete, func, select

from mlstack_common import logs, waiting
from mlstack_common.ending import Exit, Failure
from mlstack_common.settings import read
from wind_power import tables
from wind_power.database import TRANSIENT, Database, cause_of
from wind_power.settings import History
from wind_power.tables import DATASET, MEASUREMENTS, PREDICTIONS
from wind_power.weather import LIVE_START, generate


def write(database: Database, settings: History) -> bool:
    """Makes the history what the variables say; whether it had to. Live rows, and predictions of them, stay as they are."""
    wanted = {"seed": settings.seed, "version": settings.data_version, "rows": settings.history_rows}
    past = MEASUREMENTS.c.time < LIVE_START
    with database.writing() as connection:
        tables.create(connection, [MEASUREMENTS, PREDICTIONS, DATASET])
        there = connection.execute(select(DATASET.c.seed, DATASET.c.version, DATASET.c.rows)).mappings().first()
        count = connection.scalar(select(func.count()).select_from(MEASUREMENTS).where(past))
        changes = there != wanted or count != settings.history_rows
        if changes:
            columns = generate(-settings.history_rows, settings.history_rows, settings.seed)
            now = time.time()
            rows = [dict(zip(columns, values, strict=True), written_at=now) for values in zip(*(column.tolist() for column in columns.values()), strict=True)]
            connection.execute(delete(PREDICTIONS).where(PREDICTIONS.c.time < LIVE_START))
            connection.execute(delete(MEASUREMENTS).where(past))
            connection.execute(MEASUREMENTS.insert(), rows)
            connection.execute(delete(DATASET))
            connection.execute(DATASET.insert().values(id=1, **wanted))
        tables.note(connection, "history", f"{settings.history_rows} rows, seed {settings.seed}, version {settings.data_version}")
    return changes


def main() -> None:
    settings = read(History)
    logs.start(settings.log_level)
    database = Database(settings.database_url.get_secret_value())
    try:
        changed = waiting.attempt(lambda: write(database, settings), settings.database_wait, TRANSIENT)
    except TRANSIENT as error:
        raise Failure(Exit.UNREACHABLE, f"{cause_of(database, error)}; correct DATABASE_URL, or start the database") from None
    title = f"{settings.history_rows} rows of seed {settings.seed} and version {settings.data_version}"
    print(f"wrote {title} to {database.title}" if changed else f"{database.title} has {title} already")
