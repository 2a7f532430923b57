"""What the worker serves: the application, and how it leaves."""

from feature_api.app import create_app
from feature_api.features import Features
from feature_api.settings import Settings
from mlstack_common.timing import LEAVE
from mlstack_common.worker import Place, Stop


class FeatureService:
    """Reads the feature files when it is made, so that a worker that answers has them."""

    def __init__(self, settings: Settings, place: Place) -> None:
        self.features = Features(settings)
        self.app = create_app(self.features)
        place.set_ready()

    def start(self, stop: Stop) -> None:
        """All is loaded already."""

    def leave(self) -> float:
        self.features.leaving = True
        return LEAVE

    def is_ready(self) -> bool:
        return True
