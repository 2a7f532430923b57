"""The nodes: each is a part of a step."""

from typing import Any

import numpy as np

from wind_power import model, train


def history_of(history: dict[str, Any]) -> dict[str, Any]:
    """What the rows are to be made of."""
    return {"history_rows": int(history["rows"]), "seed": int(history["seed"]), "data_version": str(history["version"])}


def features_of(measurements: tuple) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """What the model is given, the power that it is to say, and what both were made of."""
    columns, made_of = measurements
    return model.features_of(columns), columns["power"], made_of


def fit(features: np.ndarray, power: np.ndarray, made_of: dict[str, Any], training: dict[str, Any]) -> train.Trained:
    """Learns from the older rows and measures on the newer."""
    whole = {name: int(training[name]) for name in ("rounds", "leaves", "training_seed")}
    parts = {name: float(training[name]) for name in ("learning_rate", "holdout")}
    return train.fit(features, power, made_of, {**whole, **parts})


def version_of(trained: train.Trained) -> train.Trained:
    """What the registry is given."""
    return trained
