"""Buckets of Google Cloud Storage."""

import os
import tempfile

from google.api_core.exceptions import Forbidden, GoogleAPICallError, NotFound, ServerError, Unauthorized
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.cloud.storage import Client
from requests.exceptions import ConnectionError, Timeout

from mlflow_serve.artifacts import Refusing, Store
from mlflow_serve.settings import CREDENTIALS, Settings
from mlstack_common.ending import first_line

CHUNK = 16 * 1024 * 1024
"""Bytes of a file that are in memory at once; MLflow's own 100 MiB are too many for a small server."""
TIMES = (5, 10)
"""Seconds for a connection, and for an answer."""
UNREACHABLE = (ConnectionError, Timeout, TransportError, ServerError)


def store_of(settings: Settings) -> Store:
    """The store that the variables name; default: Google's own. A key file is written where only this user reads it."""
    variables = variables_of(settings)
    # MLflow's client is made from the same variables, so that what is proven is what it does.
    os.environ.update(variables)
    return Store(settings.gcs_endpoint or "Google Cloud Storage", put, UNREACHABLE, variables)


def put(bucket: str, key: str) -> None:
    """Writes an empty file."""
    try:
        Client().bucket(bucket).blob(key).upload_from_string(b"", timeout=TIMES, retry=None)
    except NotFound as error:
        raise Refusing(f"there is no bucket {bucket}; make it, or correct its name") from error
    except (Forbidden, Unauthorized) as error:
        right = "give its service account the role Storage Object Admin there"
        raise Refusing(f"the account of {CREDENTIALS} may not write to {bucket} ({error.code}); {right}, or correct {CREDENTIALS}") from error
    except UNREACHABLE:
        raise
    except RefreshError as error:
        if error.retryable:
            raise TransportError(first_line(error)) from error
        raise Refusing(f"Google refuses the key of {CREDENTIALS}{reason_of(error)}; make a new key of the service account") from error
    except GoogleAuthError as error:
        raise Refusing(f"{CREDENTIALS} is no key of a service account ({type(error).__name__}); give the JSON file as it was downloaded") from error
    except GoogleAPICallError as error:
        raise Refusing(f"bucket {bucket} refuses a file: {error.code}") from error


def reason_of(error: RefreshError) -> str:
    """The word by which the service says why, e.g. `invalid_grant`; its sentences may repeat what was sent."""
    answer = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    word = str(answer.get("error", ""))
    return f" ({word})" if word.replace("_", "").isalnum() else ""


def variables_of(settings: Settings) -> dict[str, str]:
    """The variables by which a client reaches the bucket. An endpoint that takes no key is that of an emulator."""
    chunks = {"MLFLOW_GCS_UPLOAD_CHUNK_SIZE": str(CHUNK), "MLFLOW_GCS_DOWNLOAD_CHUNK_SIZE": str(CHUNK)}
    if settings.gcs_credentials is None:
        return chunks | {"STORAGE_EMULATOR_HOST": settings.gcs_endpoint or ""}
    descriptor, path = tempfile.mkstemp(prefix="gcs-", suffix=".json")
    with os.fdopen(descriptor, "w") as file:
        file.write(settings.gcs_credentials.get_secret_value())
    endpoint = {} if settings.gcs_endpoint is None else {"API_ENDPOINT_OVERRIDE": settings.gcs_endpoint}
    return chunks | endpoint | {"GOOGLE_APPLICATION_CREDENTIALS": path}
