"""A tracking server as training finds it: not there yet, or refusing. For images with MLflow's client, which brings `requests`."""

import requests

from mlstack_common.ending import Exit, Failure, first_line
from mlstack_common.tracking import TrackingSettings
from mlstack_common.waiting import attempt


class NotAnswering(Exception):
    """Why the tracking server cannot be used now."""


def reach(settings: TrackingSettings) -> None:
    """Returns when the tracking server answers; it may still be starting, so it is tried for `registry_wait` seconds.

    Raises:
        Failure: it does not answer.
    """
    url = settings.tracking_url
    try:
        attempt(lambda: check_health(url), settings.registry_wait, transient=NotAnswering)
    except NotAnswering as error:
        raise Failure(Exit.UNREACHABLE, f"{url} {error}; correct MLFLOW_TRACKING_URI, or start the tracking server") from error


def check_health(url: str) -> None:
    """Asks the tracking server for its health. An answer such as 401 or 403 has a cause that waiting does not cure."""
    try:
        status = requests.get(f"{url}/health", timeout=10).status_code
    except requests.RequestException as error:
        raise NotAnswering(f"cannot be reached: {type(error).__name__}") from error
    if status >= 500:
        raise NotAnswering(f"answers {status}")


def refusal_of(url: str, error: Exception, status: int) -> str:
    """One line for what the tracking server refused, or why it does not answer.

    Args:
        status: of its answer; 0 where there was none.
    """
    text = first_line(error)
    if status == 401 or "401" in text:
        return f"{url} refuses the login in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
    if "Invalid Host header" in str(error):
        return f"{url} does not accept this name; add it to the server's --allowed-hosts"
    return f"{url}: {text}"
