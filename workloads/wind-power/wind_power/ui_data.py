"""What the page shows of the database: read in one transaction, or the reason why there is nothing to show."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Row, func, select
from sqlalchemy.exc import SQLAlchemyError

from wind_power import tables
from wind_power.database import Database, cause_of
from wind_power.tables import MEASUREMENTS, PREDICTIONS, STEPS

NEWEST = 144
"""Rows of the figures: one day."""

M, P = MEASUREMENTS.c, PREDICTIONS.c


@dataclass(frozen=True)
class Snapshot:
    """The newest rows in the order of time, with their predictions where there are some, and each step's last success."""

    rows: list[Row]
    measured: int
    predicted: int
    steps: list[Row]

    @property
    def pairs(self) -> list[Row]:
        """Rows that have a prediction."""
        return [row for row in self.rows if row.predicted is not None]

    @property
    def errors(self) -> tuple[float, float] | None:
        """Mean absolute error and root mean squared error of the newest predictions, in kW."""
        differences = [row.predicted - row.power for row in self.pairs]
        if not differences:
            return None
        count = len(differences)
        return sum(map(abs, differences)) / count, (sum(one * one for one in differences) / count) ** 0.5


def look(database: Database) -> Snapshot | str:
    """The database now, or one line that says why nothing can be seen."""
    if database.file and not Path(database.file).exists():
        return "no data yet: the database is not there; `history` makes it"
    try:
        with database.reading() as connection:
            if not tables.has(connection, MEASUREMENTS):
                return "no data yet: there are no measurements; `history` and `stream` write them"
            measured = connection.scalar(select(func.count()).select_from(MEASUREMENTS)) or 0
            newest = select(M.time, M.power, M.wind_speed, M.written_at).order_by(M.time.desc()).limit(NEWEST).subquery()
            predicted = 0
            if tables.has(connection, PREDICTIONS):
                predicted = connection.scalar(select(func.count()).select_from(PREDICTIONS)) or 0
                both = newest.outerjoin(PREDICTIONS, newest.c.time == P.time)
                asked = select(newest, P.power.label("predicted"), P.model_version, P.predicted_at).select_from(both)
            else:
                asked = select(newest, *(func.nullif(1, 1).label(name) for name in ("predicted", "model_version", "predicted_at")))
            rows = list(connection.execute(asked.order_by(newest.c.time)))
            steps = list(connection.execute(select(STEPS).order_by(STEPS.c.step))) if tables.has(connection, STEPS) else []
    except SQLAlchemyError as error:
        return f"no data now: {cause_of(database, error)}"
    return Snapshot(rows, measured, predicted, steps) if rows else "no data yet: there are no rows"
