"""The model: from weather to power. Its file, its checks, and what it is measured by."""

import hashlib
import json
from pathlib import Path

import lightgbm as lgb
import numpy as np

from mlstack_common import reference
from wind_power.weather import DAY, FRONT, PERIOD

FILE = "model.lgb"
GOLDEN = "golden.json"
SHA256 = "mlstack.sha256"
"""Tag of a version: the SHA-256 of its file."""

FEATURES = ("wind_speed", "wind_speed_3", "west", "north", "temperature", "pressure", "day_sin", "day_cos")
COMPARED = ("wind_speed", "wind_speed_3", "west", "north", "pressure")
"""Those that a stream is compared in with the training: days and seasons change the others, and no month is like a year."""
GOLDEN_ROWS = 8
TOLERANCE = 1e-6


def features_of(rows: dict[str, np.ndarray]) -> np.ndarray:
    """The columns that the model is given, by those of the table."""
    direction, hour = np.radians(rows["wind_direction"]), 2 * np.pi * (rows["time"] // PERIOD % DAY) / DAY
    speed = rows["wind_speed"]
    columns = [speed, speed**3, -np.sin(direction), np.cos(direction), rows["temperature"], rows["pressure"], np.sin(hour), np.cos(hour)]
    return np.column_stack(columns).astype(np.float64)


def fit(features: np.ndarray, power: np.ndarray, rounds: int, leaves: int, learning_rate: float, seed: int) -> lgb.Booster:
    """Trains in one thread: the same rows and parameters give the same file."""
    parameters = {
        "objective": "regression_l1",
        "num_leaves": leaves,
        "learning_rate": learning_rate,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    return lgb.train(parameters, lgb.Dataset(features, power, feature_name=list(FEATURES)), num_boost_round=rounds)


def predict(model: lgb.Booster, features: np.ndarray) -> np.ndarray:
    """Power in kW; a turbine takes none from the grid."""
    return np.asarray(model.predict(features, num_threads=1)).clip(0, None)


def measures(power: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Mean absolute error and root mean squared error in kW."""
    error = predicted - power
    return {"mae": float(np.abs(error).mean()), "rmse": float(np.sqrt((error**2).mean()))}


def golden_of(model: lgb.Booster, features: np.ndarray) -> bytes:
    """Rows whose answers are known, spread over all that are given."""
    chosen = features[np.linspace(0, len(features) - 1, GOLDEN_ROWS).astype(int)]
    return json.dumps({"rows": chosen.tolist(), "predictions": predict(model, chosen).tolist()}).encode()


def reference_of(features: np.ndarray) -> bytes:
    """What the features were like; the rows of one weather front say the same thing."""
    columns = {name: features[:, FEATURES.index(name)] for name in COMPARED}
    return reference.reference_of(columns, together=FRONT).to_json()


def load(folder: Path, sha256: str | None) -> lgb.Booster:
    """The model in a folder, once it is proved to be the one that was registered, and to answer as it did then.

    Raises:
        ValueError: it is not.
    """
    content = (folder / FILE).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{FILE} is not the file that was registered (tag {SHA256}); train again")
    model = lgb.Booster(model_str=content.decode())
    golden = json.loads((folder / GOLDEN).read_bytes())
    if not np.allclose(predict(model, np.array(golden["rows"])), golden["predictions"], atol=TOLERANCE, rtol=TOLERANCE):
        raise ValueError(f"{FILE} answers other than when it was registered ({GOLDEN})")
    return model
