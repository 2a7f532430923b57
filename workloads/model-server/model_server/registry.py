"""The registry: the two requests of MLflow's own client that lead to a version's files.

`get-download-uri` answers where the files of a version are; they are read through the tracking server's artifact proxy,
so that the server needs no access to the storage behind it.
"""

from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

import httpx

from mlstack_common.ending import first_line
from model_server.errors import Refused, Unreachable
from model_server.settings import Settings

API = "api/2.0"
TIMEOUT = httpx.Timeout(30, connect=5)
SCHEME = "mlflow-artifacts"


class Registry:
    """A connection to MLflow, for one version of a model."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.tracking_url
        self.name, self.version, self.title = settings.model_name, settings.model_version, settings.title
        self.client = httpx.Client(auth=settings.login, timeout=TIMEOUT)
        self.folder: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def download(self, file: str, into: Path) -> Path:
        """Copies one of the version's files into a folder.

        Raises:
            Unreachable: the registry does not answer, or breaks off.
            Refused: it has no such file, does not allow reading it, or the folder is full.
        """
        if self.folder is None:
            self.folder = self.find()
        path = into / file
        try:
            with self.client.stream("GET", f"{self.url}/{API}/mlflow-artifacts/artifacts/{quote(f'{self.folder}/{file}')}") as response:
                self.check(response, f"{self.title} has no file {file}")
                with open(path, "wb") as target:
                    target.writelines(response.iter_bytes(1 << 20))
        except httpx.HTTPError as error:
            raise self.unreachable(error) from error
        except OSError as error:
            raise Refused(f"{file} cannot be written to {into.parent}: {error.strerror}; give it more scratch") from error
        return path

    def find(self) -> str:
        """The folder of the version's files, below the artifact proxy."""
        try:
            response = self.client.get(
                f"{self.url}/{API}/mlflow/model-versions/get-download-uri", params={"name": self.name, "version": str(self.version)}
            )
        except httpx.HTTPError as error:
            raise self.unreachable(error) from error
        self.check(response, f"{self.title} is not there")
        try:
            uri = urlsplit(response.json()["artifact_uri"])
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(f"{self.url} does not answer as MLflow does; correct MLFLOW_TRACKING_URI") from error
        if uri.scheme != SCHEME or uri.netloc:
            raise Refused(f"{self.title} is kept at {uri.scheme}://{uri.hostname or ''}, not behind {self.url}; start MLflow with --serve-artifacts")
        return uri.path.strip("/")

    def check(self, response: httpx.Response, missing: str) -> None:
        """Raises what an answer other than 200 means."""
        status = response.status_code
        if status == 200:
            return
        text = response.read()[:500].decode(errors="replace")
        if status >= 500 or status == 429:
            raise Unreachable(f"{self.url} answers {status}")
        if status == 404:
            raise Refused(f"{self.url}: {missing}")
        if status == 401:
            raise Refused(f"{self.url} refuses the login in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD")
        if status == 403 and "Invalid Host header" in text:
            raise Refused(f"{self.url} does not accept this name; add it to its --allowed-hosts")
        if status == 403:
            raise Refused(f"{self.url} does not let this login read {self.title}")
        raise Refused(f"{self.url} answers {status}; correct MLFLOW_TRACKING_URI")

    def unreachable(self, error: httpx.HTTPError) -> Unreachable:
        return Unreachable(f"{self.url} cannot be reached: {first_line(error)}")
