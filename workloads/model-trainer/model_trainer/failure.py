"""How a command ends when something is wrong: one clear line, an exit code of its own."""

import logging
import os
import sys
from collections.abc import Callable

from pydantic import ValidationError

from model_trainer.settings import Settings

FAILED = 1
WRONG_SETTINGS = 2
NOT_GOOD = 4
UNREACHABLE = 5


class Failure(Exception):
    """Ends the command with `code` and the message, without a stack trace."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def run(command: Callable[[Settings], None]) -> None:
    """Runs a command with the settings; a failure it knows of becomes a line on standard error and an exit code."""
    try:
        settings = Settings()
    except ValidationError as error:
        for mistake in error.errors(include_input=False, include_url=False):
            print(f"{str(mistake['loc'][0]).upper()}: {mistake['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        sys.exit(WRONG_SETTINGS)
    quiet()
    from mlflow.exceptions import MlflowException  # after the settings: it takes seconds to load, a wrong variable should not

    from model_trainer.registry import explained

    try:
        command(settings)
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(failure.code)
    except MlflowException as error:
        print(explained(settings, error), file=sys.stderr)
        sys.exit(FAILED)


def quiet() -> None:
    """Libraries keep to warnings, and what they do to themselves: a command says what it did."""
    defaults = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "ORT_DISABLE_TELEMETRY": "1",
        "MLFLOW_LOGGING_LEVEL": "WARNING",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
        "LOGNAME": "model-trainer",  # the user has no entry in /etc/passwd; runs are logged under this name
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)  # it misses pip, which the image has not on purpose


def first_line(error: Exception) -> str:
    """What an error says, on one line."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
