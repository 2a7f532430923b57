"""From the registry to a model that is proven to be the right one."""

import json
import tempfile
from pathlib import Path

from pydantic import ValidationError

from mlstack_common.ending import first_line
from mlstack_common.files import sha256
from mlstack_common.metrics import SHARED_FOLDER
from mlstack_common.reference import FILE
from mlstack_common.shift import read_window
from model_server.errors import Refused
from model_server.model import Model
from model_server.question import Golden
from model_server.registry import Registry
from model_server.settings import Settings

CHECKSUMS = "checksums.json"
GOLDEN = "golden.json"
MODEL = "model.onnx"
REFERENCE = FILE
"""Optional: a version of before has none."""


def load(settings: Settings) -> Model:
    """Downloads the version into memory, verifies every file before the model is opened, and lets it prove itself.

    Raises:
        Unreachable: the registry does not answer.
        Refused: the version does not exist, is not whole, or does not give the golden answer.
    """
    with tempfile.TemporaryDirectory(prefix="model-") as name, Registry(settings) as registry:
        folder = Path(name)
        path = registry.download(CHECKSUMS, folder)
        checksums = checksums_of(path, settings.model_sha256)
        for file, expected in checksums.items():
            verify(registry.download(file, folder), expected, CHECKSUMS)
        model = Model(folder / MODEL, golden_of(folder / GOLDEN), sha256(path))
        if REFERENCE in checksums:
            model.window = read_window(folder / REFERENCE, model.columns, SHARED_FOLDER)
        return model


def checksums_of(path: Path, expected: str | None) -> dict[str, str]:
    """The checksums by file; their own is compared where the deployment names it."""
    if expected is not None:
        verify(path, expected, "MODEL_SHA256")
    try:
        checksums = json.loads(path.read_bytes())
    except ValueError as error:
        raise Refused(f"{CHECKSUMS} is damaged: {first_line(error)}") from error
    if not isinstance(checksums, dict) or set(checksums) - {REFERENCE} != {GOLDEN, MODEL}:
        raise Refused(f"{CHECKSUMS} must name {GOLDEN} and {MODEL}, may name {REFERENCE}, and nothing else")
    return checksums


def verify(path: Path, expected: str, authority: str) -> None:
    """Refuses a file with another checksum than `authority` names."""
    found = sha256(path)
    if found != expected:
        raise Refused(f"{path.name} is not the file that was registered: its SHA-256 is {found[:12]}…, {authority} says {str(expected)[:12]}…")


def golden_of(path: Path) -> Golden:
    """The request whose answer is known."""
    try:
        return Golden.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Refused(f"{GOLDEN} is wrong: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
