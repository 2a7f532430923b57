"""`stream`: writes one row at a time, as a live feed would; the next one follows from the table, never from memory."""

import time

from mlstack_common import logs
from mlstack_common.settings import read
from wind_power import tables
from wind_power.always import Step
from wind_power.database import Database
from wind_power.settings import Stream
from wind_power.tables import MEASUREMENTS
from wind_power.weather import LIVE_START, PERIOD, generate


def write_next(database: Database, seed: int) -> int:
    """Writes the row after the newest, in one transaction: killed whenever, it was written once or not at all."""
    with database.writing() as connection:
        tables.create(connection, [MEASUREMENTS])
        last = tables.newest(connection, LIVE_START)
        number = 0 if last is None else (last - LIVE_START) // PERIOD + 1
        row = {name: column[0].item() for name, column in generate(number, 1, seed).items()}
        connection.execute(MEASUREMENTS.insert().values(**row, written_at=time.time()))
        tables.note(connection, "stream", f"row {number}")
    return 0


def main() -> None:
    settings = read(Stream)
    logs.start(settings.log_level)
    database = Database(settings.database_url.get_secret_value())
    Step("stream", settings, database, lambda: write_next(database, settings.seed), settings.stream_interval).run()
