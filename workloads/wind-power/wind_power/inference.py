"""`inference`: predicts every measurement that has no prediction yet: at least once computed, exactly once in the table."""

import time

import numpy as np
from sqlalchemy import Connection, Row, and_, func, select

from mlstack_common import logs
from mlstack_common.metrics import StepMetrics
from mlstack_common.settings import read
from wind_power import tables
from wind_power.always import Step, Waiting
from wind_power.database import Database
from wind_power.follow import Follower
from wind_power.settings import Inference
from wind_power.tables import MEASUREMENTS, PREDICTIONS

BATCH = 5000
"""Most rows of one turn."""

M, P = MEASUREMENTS.c, PREDICTIONS.c
UNPREDICTED = MEASUREMENTS.outerjoin(PREDICTIONS, M.time == P.time)


class Predictor:
    """What a turn of the step does."""

    def __init__(self, database: Database, follower: Follower) -> None:
        self.database, self.follower = database, follower
        self.has_tables = False
        self.metrics = StepMetrics("inference")

    def turn(self) -> int:
        """Predicts up to `BATCH` rows; gives how many are left."""
        rows, waiting = self.read()
        self.metrics.lags(waiting)
        loaded = self.follower.loaded
        if loaded is None:
            raise Waiting(self.follower.trouble or "the model is being loaded")
        if not rows:
            return self.write([], np.array([]), loaded.version, waiting)
        from wind_power import model

        features = model.features_of({name: np.array([getattr(row, name) for row in rows]) for name in MEASUREMENTS.columns.keys()})
        left = self.write(rows, model.predict(loaded.booster, features), loaded.version, waiting)
        if loaded.window:
            loaded.window.add(features)
        return left

    def read(self) -> tuple[list[Row], int]:
        """The oldest rows without a prediction, and how many there are in all."""
        if not self.has_tables:
            self.prepare()
        with self.database.reading() as connection:
            if not tables.has(connection, MEASUREMENTS, PREDICTIONS):
                self.has_tables = False
                raise Waiting("the tables were taken away; makes its own again")
            absent = select(MEASUREMENTS).select_from(UNPREDICTED).where(P.time.is_(None))
            rows = list(connection.execute(absent.order_by(M.time).limit(BATCH)))
            if len(rows) < BATCH:
                return rows, len(rows)
            return rows, connection.scalar(select(func.count()).select_from(UNPREDICTED).where(P.time.is_(None))) or 0

    def prepare(self) -> None:
        """Makes the table of predictions, and waits for that of measurements, which others make."""
        with self.database.writing() as connection:
            tables.create(connection, [PREDICTIONS])
            if not tables.has(connection, MEASUREMENTS):
                raise Waiting("there are no measurements; `history` or `stream` writes them")
        self.has_tables = True

    def write(self, rows: list[Row], predicted: np.ndarray, version: str, waiting: int) -> int:
        """Writes all predictions of a turn or none. What another process wrote first stays; what was replaced since it was read gets none."""
        with self.database.writing() as connection:
            values = [
                {"time": row.time, "power": round(power, 1), "model_version": version, "predicted_at": time.time()}
                for row, power in zip(self.unchanged(connection, rows), predicted.tolist(), strict=True)
                if row is not None
            ]
            if values:
                connection.execute(tables.insert(connection, PREDICTIONS).on_conflict_do_nothing(index_elements=["time"]), values)
            left = waiting - len(values)
            tables.note(connection, "inference", f"version {version}", left)
        return left

    def unchanged(self, connection: Connection, rows: list[Row]) -> list[Row | None]:
        """The rows as they were read; None for one that is another now."""
        if not rows:
            return []
        now = dict(connection.execute(select(M.time, M.written_at).where(and_(M.time >= rows[0].time, M.time <= rows[-1].time))).tuples().all())
        return [row if now.get(row.time) == row.written_at else None for row in rows]


def main() -> None:
    settings = read(Inference)
    logs.start(settings.log_level, quiet=["alembic", "mlflow"])
    database, follower = Database(settings.database_url.get_secret_value()), Follower(settings)
    step = Step("inference", settings, database, Predictor(database, follower).turn, settings.poll_interval)
    follower.start()
    step.run()
