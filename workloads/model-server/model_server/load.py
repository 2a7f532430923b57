"""From the registry to a model that is known to be the right one."""

import hashlib
import json
import tempfile
from pathlib import Path

from pydantic import ValidationError

from model_server.failure import Refused, first_line
from model_server.model import Model
from model_server.question import Golden
from model_server.registry import Registry
from model_server.settings import Settings

CHECKSUMS = "checksums.json"
GOLDEN = "golden.json"
MODEL = "model.onnx"


def load(settings: Settings) -> Model:
    """Downloads the version into memory, verifies every file before the model is opened, and lets it prove itself.

    Raises:
        Unreachable: the registry does not answer.
        Refused: the version is not there, is not whole, or does not give the golden answer.
    """
    with tempfile.TemporaryDirectory(prefix="model-") as name, Registry(settings) as registry:
        folder = Path(name)
        checksums = trusted(registry.download(CHECKSUMS, folder), settings.model_sha256)
        for file in (GOLDEN, MODEL):
            verify(registry.download(file, folder), checksums[file], CHECKSUMS)
        return Model(folder / MODEL, golden(folder / GOLDEN))


def trusted(path: Path, expected: str | None) -> dict[str, str]:
    """The checksums by file; their own is known where the deployment says it."""
    if expected is not None:
        verify(path, expected, "MODEL_SHA256")
    try:
        checksums = json.loads(path.read_bytes())
    except ValueError as error:
        raise Refused(f"{CHECKSUMS} is damaged: {first_line(error)}") from error
    if not isinstance(checksums, dict) or set(checksums) != {GOLDEN, MODEL}:
        raise Refused(f"{CHECKSUMS} must name {GOLDEN} and {MODEL} and nothing else")
    return checksums


def verify(path: Path, expected: str, authority: str) -> None:
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise Refused(f"{path.name} is not the file that was registered: its SHA-256 is {found[:12]}…, {authority} says {str(expected)[:12]}…")


def golden(path: Path) -> Golden:
    try:
        return Golden.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Refused(f"{GOLDEN} is wrong: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
