"""`train`: learns from the older part of the history, measures on the newer, registers a version and sets the alias to it."""

import hashlib
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import select

from mlstack_common import logs, waiting
from mlstack_common.ending import Exit, Failure
from mlstack_common.settings import read
from wind_power import tables
from wind_power.database import TRANSIENT, Database, cause_of
from wind_power.settings import Train
from wind_power.tables import DATASET, MEASUREMENTS
from wind_power.weather import LIVE_START

TRAINING = "mlstack.training"
"""Tag of a version: a digest of all that it was made of."""


class NoHistory(Exception):
    """The rows are not there yet."""


def rows_of(database: Database) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    """The history by column, in the order of time, and what it was made of, as they were at one moment."""
    with database.reading() as connection:
        if not tables.has(connection, MEASUREMENTS, DATASET) or not (made_of := connection.execute(select(DATASET)).mappings().first()):
            raise NoHistory
        past = select(MEASUREMENTS).where(MEASUREMENTS.c.time < LIVE_START).order_by(MEASUREMENTS.c.time)
        rows = connection.execute(past).all()
    names = MEASUREMENTS.columns.keys()
    columns = dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True))
    return columns, {"seed": made_of["seed"], "data_version": made_of["version"], "history_rows": len(rows)}


def wait_for_rows(settings: Train) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    """Both, once they are there.

    Raises:
        Failure: they were not, in `DATABASE_WAIT` seconds.
    """
    database = Database(settings.database_url.get_secret_value())
    try:
        return waiting.attempt(lambda: rows_of(database), settings.database_wait, (*TRANSIENT, NoHistory))
    except NoHistory:
        raise Failure(Exit.NO_ROWS, f"{database.title} has no history; run `history` first") from None
    except TRANSIENT as error:
        raise Failure(Exit.UNREACHABLE, f"{cause_of(database, error)}; correct DATABASE_URL, or start the database") from None


def train(settings: Train) -> str:
    """Registers one version, or finds the one that these rows and parameters gave before; what it did in one line."""
    from wind_power import model, registry

    columns, made_of = wait_for_rows(settings)
    chosen = {"rounds": settings.rounds, "leaves": settings.leaves, "learning_rate": settings.learning_rate, "training_seed": settings.training_seed}
    parameters = {**made_of, **chosen, "holdout": settings.holdout}
    client = registry.reach(settings)
    digest = hashlib.sha256(json.dumps([parameters, model.FEATURES, [float(columns["power"].sum())]]).encode()).hexdigest()
    title = f"{settings.model_name} version"
    if known := registry.find(client, settings, TRAINING, digest):
        client.set_registered_model_alias(settings.model_name, settings.model_alias, known)
        return f"{title} {known} is of the same rows and parameters, alias {settings.model_alias} -> {known}"
    features, power = model.features_of(columns), columns["power"]
    cut = int(len(power) * (1 - settings.holdout))
    started = time.perf_counter()
    booster = model.fit(features[:cut], power[:cut], settings.rounds, settings.leaves, settings.learning_rate, settings.training_seed)
    seconds = time.perf_counter() - started
    scores = model.measures(power[cut:], model.predict(booster, features[cut:]))
    with registry.mlflow.start_run(run_name="train") as run, tempfile.TemporaryDirectory() as name:
        registry.mlflow.log_params({**parameters, "train_rows": cut, "holdout_rows": len(power) - cut})
        registry.mlflow.log_metrics({**scores, "train_seconds": seconds})
        (Path(name) / model.GOLDEN).write_bytes(model.golden_of(booster, features))
        version, sha256 = registry.register(client, settings, booster, features[:5], Path(name), {TRAINING: digest})
        registry.mlflow.set_tag("mlstack.version", version)
    # Last of all: who follows the alias finds a version that is whole.
    client.set_registered_model_alias(settings.model_name, settings.model_alias, version)
    scored = " ".join(f"{name} {value:.1f}" for name, value in scores.items())
    return f"registered {title} {version} ({scored}, sha256 {sha256[:12]}), alias {settings.model_alias} -> {version}, run {run.info.run_id}"


def main() -> None:
    settings = read(Train)
    logs.start(settings.log_level, quiet=["alembic", "mlflow", "urllib3"])
    from wind_power import registry

    try:
        print(train(settings))
    except registry.MlflowException as error:
        raise Failure(Exit.UNREACHABLE, registry.refusal_of(settings, error)) from None
