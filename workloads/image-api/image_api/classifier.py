"""The model of one worker: loaded beside the server, asked by one thread."""

import asyncio
import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch

from image_api import checkpoint, device
from image_api.cache import Cache
from image_api.image import prepare
from image_api.metrics import CACHED, LOADED
from image_api.settings import NO_CHECKPOINT, Settings

TOP = 5
WAITING = 32
"""Most requests that wait for one worker's model; more are told to come again, which costs no memory."""

log = logging.getLogger("image-api")


class Busy(Exception):
    """Too many requests wait already."""


class Classifier:
    """Answers once `loaded` is set."""

    def __init__(self, settings: Settings) -> None:
        self.loaded = threading.Event()
        self.device = ""
        self.model: checkpoint.Loaded | None = None
        self._settings = settings
        self._cache = Cache(settings.api_cache_dir, settings.api_cache_entries)
        # One thread: PyTorch has its own inside, and requests at a time come from workers.
        self._thread = ThreadPoolExecutor(1, "model")
        self._waiting = 0

    def start(self, then: Callable[[], None]) -> None:
        """Loads in the background and then calls `then`. A checkpoint that cannot be used ends the process."""
        threading.Thread(target=self._load, args=(then,), name="load", daemon=True).start()

    def _load(self, then: Callable[[], None]) -> None:
        started = time.monotonic()
        try:
            self.device = device.chosen(self._settings.api_device)
            model = checkpoint.load(self._settings, self.device)
            size = self._settings.api_image_size
            with torch.inference_mode():
                model.model(torch.zeros(1, 3, size, size, device=self.device))  # the first pass is the slowest: no user waits for it
        except Exception as error:  # noqa: BLE001 - whatever happens here, the server without a model must not stay
            log.error("API_CHECKPOINT_PATH: %s", checkpoint.first_line(error), exc_info=not isinstance(error, checkpoint.WrongCheckpoint))
            logging.shutdown()
            os._exit(NO_CHECKPOINT)
        time.sleep(max(0.0, self._settings.load_seconds - (time.monotonic() - started)))
        self.model = model
        self.loaded.set()
        LOADED.set(1)
        log.info(
            "loaded model=%s version=%s device=%s in %.1f s", self._settings.api_model_name, model.version, self.device, time.monotonic() - started
        )
        then()

    async def predict(self, data: bytes) -> dict[str, object]:
        """The likeliest classes of the picture in `data`, best first.

        Raises:
            NotAnImage: it cannot be read.
            Busy: too many requests wait.
        """
        if self._waiting >= WAITING:
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._predict, data)
        finally:
            self._waiting -= 1

    def _predict(self, data: bytes) -> dict[str, object]:
        assert self.model is not None, "asked before it was loaded"
        key = f"{hashlib.sha256(data).hexdigest()}-{self.model.version}"
        found = self._cache.get(key)
        CACHED.labels("hit" if found else "miss").inc()
        if not found:
            image = prepare(data, self._settings.api_image_size)
            with torch.inference_mode():
                scores, indices = self.model.model(image.to(self.device)).softmax(1)[0].topk(min(TOP, len(self.model.classes)))
            ranked = zip(scores.tolist(), indices.tolist(), strict=True)
            found_now = [{"class": self.model.classes[index], "index": index, "score": score} for score, index in ranked]
            self._cache.put(key, found_now)
        answer = found or found_now
        return {"predictions": answer, "model": self._settings.api_model_name, "version": self.model.version, "cached": bool(found)}
