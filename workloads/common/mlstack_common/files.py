"""Files that are written whole or not at all."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path


def replace(path: Path, content: bytes | Callable[[Path], object]) -> None:
    """Writes beside `path`, makes sure that it is on disk, then moves it there in one step: a reader sees the old file or
    the new one.

    Args:
        content: the bytes, or a function that writes the file whose path it is given.

    Raises:
        OSError: it cannot be written; the old file stays, and nothing is left beside it.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        if callable(content):
            content(part)
        else:
            part.write_bytes(content)
        with open(part, "rb") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes sure that the names in a folder are on disk: without it, a power failure may undo a rename."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
