"""The tree model: LightGBM on colour and texture."""

import lightgbm
import numpy as np

from image_classifier.images import SIDE

ROUNDS = 80
SHADES = 8


def _zones() -> list[np.ndarray]:
    """The pixels of the pupil's middle, of its rim, and of the iris."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    radius = np.hypot(x, y).ravel()
    return [np.flatnonzero((radius >= inner) & (radius < outer)) for inner, outer in ((0, 0.1), (0.1, 0.2), (0.2, 0.35))]


ZONES = _zones()
PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 15,
    "min_data_in_leaf": 10,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


class Lgbm:
    """Image → colour and texture → probability of a cataract."""

    def __init__(self, booster: lightgbm.Booster) -> None:
        self.booster = booster

    @classmethod
    def fit(cls, pixels: np.ndarray, labels: np.ndarray, seed: int) -> "Lgbm":
        data = lightgbm.Dataset(features(pixels), labels)
        return cls(lightgbm.train({**PARAMETERS, "seed": seed}, data, num_boost_round=ROUNDS))

    @classmethod
    def load(cls, data: bytes) -> "Lgbm":
        return cls(lightgbm.Booster(model_str=data.decode()))

    def save(self) -> bytes:
        return self.booster.model_to_string().encode()

    def predict(self, pixels: np.ndarray) -> np.ndarray:
        """Probabilities, 0 to 1, that the images show a cataract."""
        return np.asarray(self.booster.predict(features(pixels), num_threads=1))


def features(pixels: np.ndarray) -> np.ndarray:
    """Of N × 64 × 64 × 3 bytes, in the middle and around it: colours, saturation, edges, shades."""
    images = pixels.astype(np.float32) / 255
    light = images.mean(axis=3)
    down, right = np.diff(light, axis=1, append=light[:, -1:]), np.diff(light, axis=2, append=light[:, :, -1:])
    saturation = images.max(axis=3) - images.min(axis=3)
    layers = np.stack([*np.moveaxis(images, 3, 0), saturation, np.hypot(down, right)], axis=1).reshape(len(images), 5, -1)
    shades = np.minimum(light * SHADES, SHADES - 1).astype(np.uint8).reshape(len(images), -1)
    columns = []
    for zone in ZONES:
        seen = layers[:, :, zone]
        counts = [np.bincount(one, minlength=SHADES) / len(zone) for one in shades[:, zone]]
        columns += [seen.mean(axis=2), seen.std(axis=2), np.stack(counts)]
    return np.concatenate(columns, axis=1, dtype=np.float64)
