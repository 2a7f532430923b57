"""The model of one worker: loaded beside the server, used by one thread."""

import asyncio
import hashlib
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor

import torch

from image_api import checkpoint, device
from image_api.cache import Cache
from image_api.image import prepare
from image_api.metrics import CACHED, LOADED, MODEL
from image_api.settings import Settings

TOP = 5
WAITING = 32
"""Most requests that wait for one worker's model; further ones are refused at once, which costs no memory."""

log = logging.getLogger("image-api")


class Busy(Exception):
    """Too many requests wait already."""


class NoAnswer(Exception):
    """The model gives no number for a picture."""


class Classifier:
    """Answers once `model` is set."""

    def __init__(self, settings: Settings) -> None:
        self.device = ""
        self.model: checkpoint.Loaded | None = None
        self._settings = settings
        self._cache = Cache(settings.api_cache_dir, settings.api_cache_entries)
        # One thread: PyTorch has further ones inside, and several requests at a time are for several workers.
        self._thread = ThreadPoolExecutor(1, "model")
        self._waiting = 0

    def load(self) -> None:
        """Reads the checkpoint and runs the model once, since the first pass is the slowest.

        Raises:
            WrongCheckpoint: it cannot be used.
        """
        started = time.monotonic()
        self.device = device.device_for(self._settings.api_device)
        model = checkpoint.load(self._settings, self.device)
        size = self._settings.api_image_size
        with torch.inference_mode():
            answer = model.model(torch.zeros(1, 3, size, size, device=self.device))
        if not bool(torch.isfinite(answer).all()):
            raise checkpoint.WrongCheckpoint(f"{self._settings.api_checkpoint_path} gives answers that are no numbers; train the model again")
        time.sleep(max(0.0, self._settings.load_seconds - (time.monotonic() - started)))
        self.model = model
        seconds = time.monotonic() - started
        LOADED.set(1)
        MODEL.loaded(self._settings.api_model_name, model.version, seconds, sha256=model.sha256)
        log.info("loaded model=%s version=%s device=%s in %.1f s", self._settings.api_model_name, model.version, self.device, seconds)

    async def predict(self, data: bytes) -> dict[str, object]:
        """The likeliest classes of the picture in `data`, best first.

        Raises:
            NotAnImage: it cannot be read.
            Busy: too many requests wait.
            NoAnswer: the model gives no number; nothing is remembered.
        """
        if self._waiting >= WAITING:
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._predict, data)
        finally:
            self._waiting -= 1

    def _predict(self, data: bytes) -> dict[str, object]:
        assert self.model is not None, "used before it was loaded"
        key = f"{hashlib.sha256(data).hexdigest()}-{self.model.version}"
        answer = self._cache.get(key)
        cached = bool(answer)
        CACHED.labels("hit" if cached else "miss").inc()
        if not cached:
            image = prepare(data, self._settings.api_image_size)
            with torch.inference_mode():
                scores, indices = self.model.model(image.to(self.device)).softmax(1)[0].topk(min(TOP, len(self.model.classes)))
            if not all(map(math.isfinite, scores.tolist())):
                raise NoAnswer
            ranked = zip(scores.tolist(), indices.tolist(), strict=True)
            answer = [{"class": self.model.classes[index], "index": index, "score": score} for score, index in ranked]
            self._cache.put(key, answer)
        return {"predictions": answer, "model": self._settings.api_model_name, "version": self.model.version, "cached": cached}
