"""`classifier-train`: writes both models, and questions whose answers are known, into the models' folder."""

import base64
import io
import json

import numpy as np
from PIL import Image

from image_classifier import files
from image_classifier.clip import Clip
from image_classifier.images import decode, shrink
from image_classifier.lgbm import Lgbm
from image_classifier.samples import eyes
from image_classifier.settings import TrainSettings
from mlstack_common.ending import Exit, Failure, run
from mlstack_common.settings import read

TOLERANCE = 1e-4
GOLDEN_IMAGES = 4
WORST = 0.9
"""Least share of unseen images that each model must classify rightly; a worse one is not written."""
NOT_GOOD = 3
"""Exit code for worse models."""


def train() -> None:
    """Trains on generated images; the same variables give the same files."""
    settings = read(TrainSettings)
    images, labels = eyes(settings.samples, settings.seed)
    pixels = np.stack([shrink(image) for image in images])
    models = {"clip": Clip.fit(pixels, labels, settings.seed), "lgbm": Lgbm.fit(pixels, labels, settings.seed)}

    unseen, truth = eyes(max(100, settings.samples // 4), settings.seed + 1)
    held = np.stack([shrink(image) for image in unseen])
    shares = {name: float(((model.predict(held) > 0.5) == truth).mean()) for name, model in models.items()}
    print(" ".join(f"{name}={share:.3f}" for name, share in shares.items()), f"of {len(truth)} unseen images classified rightly")
    if poor := [name for name, share in shares.items() if share < WORST]:
        raise Failure(NOT_GOOD, f"{', '.join(poor)}: less than {WORST} classified rightly; raise SAMPLES")

    contents = {files.NAMES[name]: model.save() for name, model in models.items()}
    try:
        files.write(settings.models_dir, {**contents, files.GOLDEN: golden(models, settings.seed + 2)})
    except OSError as error:
        raise Failure(Exit.DATA, f"MODELS_DIR: cannot write {error.filename}: {error.strerror}") from error
    print(f"wrote {', '.join(contents)} to {settings.models_dir}")


def golden(models: dict[str, Clip | Lgbm], seed: int) -> bytes:
    """Images and the answers of each model; a server asks them itself before it is ready."""
    pictures = [png(image) for image in eyes(GOLDEN_IMAGES, seed)[0]]
    pixels = np.stack([decode(picture, 10**6) for picture in pictures])
    answers = {name: [float(value) for value in model.predict(pixels)] for name, model in models.items()}
    question = {"images": [base64.b64encode(picture).decode() for picture in pictures]}
    return json.dumps({"request": question, "response": answers, "tolerance": TOLERANCE}, indent=2).encode()


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def main() -> None:
    run(train)
