"""How the commands run: with their settings, with quiet libraries, and with one line for what the registry refuses."""

import logging
import os
import sys
from collections.abc import Callable

from mlstack_common import ending
from mlstack_common.ending import Exit
from mlstack_common.settings import read
from model_trainer.settings import Settings

DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "ORT_DISABLE_TELEMETRY": "1",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "LOGNAME": "model-trainer",  # the user has no entry in /etc/passwd; runs are logged under this name
}
"""Libraries send nothing to their makers and print only warnings: a command prints itself what it did."""


def run(command: Callable[[Settings], None]) -> None:
    """Runs a command; a failure becomes a line on standard error and an exit code."""

    def call() -> int:
        settings = read(Settings)
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
        logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)  # it misses pip, which this image lacks on purpose
        from mlflow.exceptions import MlflowException  # after the settings: it takes seconds to load, and a wrong variable is reported at once

        from model_trainer.registry import refusal_of

        try:
            command(settings)
        except MlflowException as error:
            print(refusal_of(settings, error), file=sys.stderr)
            return Exit.FAILED
        return 0

    ending.run(call)
