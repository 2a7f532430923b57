"""Where artifacts are: a folder of the volume, or a bucket, which is written to once before the server starts."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from mlflow_serve.folder import Folder
from mlflow_serve.settings import CREDENTIALS, Settings
from mlstack_common.ending import Exit, Failure, first_line
from mlstack_common.waiting import attempt

WAIT = 60
"""Most seconds until the store accepts a connection."""
PROOF = ".mlstack-can-write"
"""Name of the empty file by which the server proves that it may write."""


class Refusing(Exception):
    """What the store answers; waiting does not cure it."""


@dataclass(frozen=True)
class Store:
    """How one kind of bucket is reached."""

    where: str
    """As messages name it."""
    put: Callable[[str, str], None]
    """Writes an empty file of a name into a bucket; `Refusing` for what waiting does not cure."""
    unreachable: type[Exception] | tuple[type[Exception], ...]
    """What it raises while the store does not answer."""
    variables: dict[str, str]
    """By which MLflow reaches it."""


@dataclass(frozen=True)
class Artifacts:
    """Where MLflow writes artifacts, and the variables by which it gets there."""

    destination: str
    variables: dict[str, str]


def artifacts_of(settings: Settings, folder: Folder) -> Artifacts:
    """A bucket is proven to take artifacts.

    Raises:
        Failure: the bucket does not exist, does not take these keys, or cannot be reached.
    """
    destination = settings.artifacts_destination
    if destination is None:
        return Artifacts(str(folder.artifacts), {})
    scheme, _, rest = destination.partition("://")
    bucket, _, prefix = rest.partition("/")
    key = f"{prefix.strip('/')}/{PROOF}".lstrip("/")
    store = store_of(settings, scheme)
    try:
        attempt(lambda: store.put(bucket, key), WAIT, transient=store.unreachable)
    except Refusing as refusal:
        raise Failure(Exit.SETTINGS, f"ARTIFACTS_DESTINATION: {refusal}") from None
    except store.unreachable as error:
        text = f"ARTIFACTS_DESTINATION: {store.where} cannot be reached within {WAIT} s: {first_line(error)}"
        raise Failure(Exit.UNREACHABLE, text) from None
    return Artifacts(destination, store.variables)


def store_of(settings: Settings, scheme: str) -> Store:
    """Each store's client is loaded only for its own buckets."""
    if scheme == "gs":
        from mlflow_serve import gcs

        return gcs.store_of(settings)
    from mlflow_serve import s3

    return s3.store_of(settings)


def inherited() -> dict[str, str]:
    """The variables of this process that are MLflow's too: the key file is not, since it is a file by then."""
    return {name: value for name, value in os.environ.items() if name != CREDENTIALS}
