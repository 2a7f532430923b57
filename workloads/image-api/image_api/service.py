"""What one worker serves: the application around a model that is loaded beside it."""

import logging
import threading

from image_api.app import create_app
from image_api.checkpoint import WrongCheckpoint
from image_api.classifier import Classifier
from image_api.settings import Settings
from mlstack_common.ending import Exit, first_line
from mlstack_common.timing import LEAVE
from mlstack_common.worker import Place, Stop

log = logging.getLogger("image-api")


class ImageService:
    """Each worker loads its own model, after the fork: CUDA cannot be forked, and PyTorch's threads would be lost."""

    def __init__(self, settings: Settings, place: Place) -> None:
        self.settings = settings
        self.classifier = Classifier(settings)
        self.leaving = False
        self._place = place
        self.app = create_app(self)

    def start(self, stop: Stop) -> None:
        """Begins to load. A checkpoint that cannot be used ends all workers."""
        threading.Thread(target=self._load, args=[stop], name="load", daemon=True).start()

    def leave(self) -> float:
        ready = not self.is_loading()
        self.leaving = True
        return LEAVE if ready else 0

    def is_ready(self) -> bool:
        return self.classifier.model is not None

    def is_loading(self) -> bool:
        """Whether this worker, or another one that the container began with, still loads."""
        return not (self._place.all_ready and self.is_ready())

    def _load(self, stop: Stop) -> None:
        try:
            self.classifier.load()
        except Exception as error:  # noqa: BLE001 - no error may leave a server without a model
            if not isinstance(error, WrongCheckpoint):
                log.exception("the model cannot be loaded")
            stop(Exit.DATA, f"API_CHECKPOINT_PATH: {first_line(error)}")
        else:
            self._place.set_ready()
