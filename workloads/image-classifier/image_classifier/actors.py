"""One long-lived Ray actor per model: the worker that asks for it first creates it, all others find it by its name."""

import base64
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from image_classifier import files
from image_classifier.images import decode
from mlstack_common.ending import first_line

NAMESPACE = "image-classifier"
PENDING = 256
"""Calls of one worker that may wait for one model; further ones are refused at once."""


class ModelActor:
    """Holds one model, loaded once, and answers one call after the other."""

    def __init__(self, name: str, folder: str) -> None:
        self.name = name
        self.folder = Path(folder)
        self.model: Any = None
        self.sha256 = ""
        self.seconds = 0.0
        self.loads = 0

    def predict(self, pixels: np.ndarray) -> float | None:
        """Probability, 0 to 1, that the image shows a cataract; None while there is no model."""
        return None if self.model is None else float(self.model.predict(pixels[None])[0])

    def check(self) -> dict[str, object]:
        """The state of the model, and the problem that keeps it from answering, if any. Missing files may exist by now."""
        problem = None
        if self.model is None:
            try:
                self._load()
            except files.Damaged as error:
                problem = str(error)
            except Exception as error:  # a library's error for a file that is whole but not of its kind
                problem = f"{self.folder / files.NAMES[self.name]} cannot be used: {first_line(error)}"
        elif not self._is_right():
            problem = f"{self.name} no longer answers the golden question as it should"
        model = {"version": self.sha256[:12], "sha256": self.sha256, "seconds": self.seconds, "loads": self.loads}
        return {"pid": os.getpid(), **model, "problem": problem}

    def _load(self) -> None:
        started = time.monotonic()
        data, checksum = files.load(self.folder, files.NAMES[self.name])
        golden = json.loads(files.load(self.folder, files.GOLDEN)[0])
        model = model_class(self.name).load(data)
        images = [decode(base64.b64decode(image), 10**8) for image in golden["request"]["images"]]
        self._questions = np.stack(images)
        self._answers = np.array(golden["response"][self.name])
        self._tolerance = float(golden["tolerance"])
        self.model = model
        if not self._is_right():
            self.model = None
            raise files.Damaged(f"{self.name} does not answer the golden question as it should; run classifier-train again")
        self.sha256, self.seconds = checksum, time.monotonic() - started
        self.loads += 1

    def _is_right(self) -> bool:
        return bool(np.all(np.abs(self.model.predict(self._questions) - self._answers) <= self._tolerance))


def model_class(name: str) -> Any:
    """The class of a model; imported late, so that no process loads a library it does not need."""
    if name == "lgbm":
        from image_classifier.lgbm import Lgbm

        return Lgbm
    from image_classifier.clip import Clip

    return Clip


def actor(name: str, folder: Path) -> Any:
    """The handle of the model's actor, which is created if it does not exist. Ray starts it again whenever it dies."""
    import ray

    options: dict[str, Any] = {
        "name": name,
        "namespace": NAMESPACE,
        "lifetime": "detached",  # it outlives the worker that created it
        "get_if_exists": True,
        "max_restarts": -1,
        "max_task_retries": 0,
        "max_pending_calls": PENDING,
        "num_cpus": 0,
    }
    return ray.remote(ModelActor).options(**options).remote(name, str(folder))
