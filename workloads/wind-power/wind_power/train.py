"""`train`: learns from the older part of the history, measures on the newer, registers a version and sets the alias to it."""

import hashlib
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

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

if TYPE_CHECKING:
    import lightgbm
    from mlflow import MlflowClient

T = TypeVar("T")

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
        return patient(settings, database, lambda: rows_of(database), NoHistory)
    except NoHistory:
        raise Failure(Exit.NO_ROWS, f"{database.title} has no history; run `history` first") from None


def note(settings: Train, version: str) -> None:
    """Notes the success beside those of the other steps, last of all."""
    database = Database(settings.database_url.get_secret_value())

    def write() -> None:
        with database.writing() as connection:
            tables.note(connection, "train", f"version {version}")

    patient(settings, database, write)


def patient(settings: Train, database: Database, call: Callable[[], T], *also: type[Exception]) -> T:
    """Tries again for `DATABASE_WAIT` seconds.

    Raises:
        Failure: the database could not be used for so long.
    """
    try:
        return waiting.attempt(call, settings.database_wait, (*TRANSIENT, *also))
    except TRANSIENT as error:
        raise Failure(Exit.UNREACHABLE, f"{cause_of(database, error)}; correct DATABASE_URL, or start the database") from None


@dataclass(frozen=True)
class Trained:
    """A model, with what it was made of and measured by."""

    booster: "lightgbm.Booster"
    parameters: dict[str, Any]
    scores: dict[str, float]
    seconds: float
    features: np.ndarray
    digest: str


def digest_of(parameters: dict[str, Any], power: np.ndarray) -> str:
    """The same for the same rows and parameters."""
    from wind_power import model

    return hashlib.sha256(json.dumps([sorted(parameters.items()), model.FEATURES, float(power.sum())]).encode()).hexdigest()


def fit(features: np.ndarray, power: np.ndarray, made_of: dict[str, Any], chosen: dict[str, Any]) -> Trained:
    """Learns from the older rows and measures on the newer: never the other way round, as a forecast would not."""
    from wind_power import model

    cut = int(len(power) * (1 - chosen["holdout"]))
    started = time.perf_counter()
    how = (chosen[name] for name in ("rounds", "leaves", "learning_rate", "training_seed"))
    booster = model.fit(features[:cut], power[:cut], *how)
    seconds = time.perf_counter() - started
    scores = model.measures(power[cut:], model.predict(booster, features[cut:]))
    parameters = {**made_of, **chosen}
    counted = {**parameters, "train_rows": cut, "holdout_rows": len(power) - cut}
    return Trained(booster, counted, scores, seconds, features, digest_of(parameters, power))


def publish(settings: Train, trained: Trained) -> str:
    """Logs a run, registers a version and sets the alias to it; what it did in one line."""
    from wind_power import model, registry

    client = registry.reach(settings)
    if known := registry.find(client, settings, TRAINING, trained.digest):
        return use_again(settings, client, known)
    with registry.mlflow.start_run(run_name="train") as run, tempfile.TemporaryDirectory() as name:
        registry.mlflow.log_params(trained.parameters)
        registry.mlflow.log_metrics({**trained.scores, "train_seconds": trained.seconds})
        (Path(name) / model.GOLDEN).write_bytes(model.golden_of(trained.booster, trained.features))
        (Path(name) / model.reference.FILE).write_bytes(model.reference_of(trained.features))
        version, sha256 = registry.register(client, settings, trained.booster, trained.features[:5], Path(name), {TRAINING: trained.digest})
        registry.mlflow.set_tag("mlstack.version", version)
    # Last of all: who follows the alias finds a version that is whole.
    client.set_registered_model_alias(settings.model_name, settings.model_alias, version)
    note(settings, version)
    scored = " ".join(f"{name} {value:.1f}" for name, value in trained.scores.items())
    title = f"{settings.model_name} version {version} ({scored}, sha256 {sha256[:12]})"
    return f"registered {title}, alias {settings.model_alias} -> {version}, run {run.info.run_id}"


def use_again(settings: Train, client: "MlflowClient", version: str) -> str:
    client.set_registered_model_alias(settings.model_name, settings.model_alias, version)
    note(settings, version)
    return f"{settings.model_name} version {version} is of the same rows and parameters, alias {settings.model_alias} -> {version}"


def train(settings: Train) -> str:
    """Registers one version, or finds the one that these rows and parameters gave before; what it did in one line."""
    from wind_power import model, registry

    columns, made_of = wait_for_rows(settings)
    chosen = {name: getattr(settings, name) for name in ("rounds", "leaves", "learning_rate", "training_seed", "holdout")}
    client = registry.reach(settings)
    if known := registry.find(client, settings, TRAINING, digest_of({**made_of, **chosen}, columns["power"])):
        return use_again(settings, client, known)
    return publish(settings, fit(model.features_of(columns), columns["power"], made_of, chosen))


def main() -> None:
    settings = read(Train)
    logs.start(settings.log_level, quiet=["alembic", "mlflow"])
    from wind_power import registry

    try:
        print(train(settings))
    except registry.MlflowException as error:
        raise Failure(Exit.UNREACHABLE, registry.refusal_of(settings, error)) from None
