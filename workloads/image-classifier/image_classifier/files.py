"""The folder of the models: written whole, and used only when every checksum is right."""

import hashlib
import json
from pathlib import Path

from mlstack_common.files import replace

CHECKSUMS = "checksums.json"
GOLDEN = "golden.json"
NAMES = {"clip": "clip.npz", "lgbm": "lgbm.txt"}


class Damaged(Exception):
    """A file is missing or is not what was written."""


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Writes the files and, last, the checksums that make them valid."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    for name, data in {**files, CHECKSUMS: json.dumps(sums, indent=2, sort_keys=True).encode()}.items():
        replace(folder / name, data)


def load(folder: Path, name: str) -> tuple[bytes, str]:
    """One file and its checksum.

    Raises:
        Damaged: it is missing, cannot be read, or has another checksum.
    """
    try:
        expected = json.loads((folder / CHECKSUMS).read_bytes())[name]
        data = (folder / name).read_bytes()
    except OSError as error:
        raise Damaged(f"no model in {folder}: {error.strerror}: {error.filename}; run classifier-train") from None
    except (ValueError, KeyError, TypeError):
        raise Damaged(f"{folder / CHECKSUMS} does not name {name}; run classifier-train again") from None
    if hashlib.sha256(data).hexdigest() != expected:
        raise Damaged(f"{folder / name} is not the file that {CHECKSUMS} names; run classifier-train again")
    return data, expected
