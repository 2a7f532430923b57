"""The form of a backup: a tar of the data, and last a manifest with a checksum of every file."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import IO

from mlstack_common.ending import Exit, Failure

FORMAT = 1
MANIFEST = "manifest.json"


class HashingReader(io.RawIOBase):
    """A stream that computes the checksum of what is read from it."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(size)
        self.sha256.update(data)
        return data


def add_file(tar: tarfile.TarFile, path: Path, name: str) -> str | None:
    """Adds the file at `path`; gives its checksum, or None when it was removed meanwhile."""
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return None
    with source:
        info = tar.gettarinfo(arcname=name, fileobj=source)
        hashing = HashingReader(source)
        tar.addfile(info, hashing)
        return hashing.sha256.hexdigest()


def add_manifest(tar: tarfile.TarFile, manifest: dict[str, object]) -> None:
    """Adds the manifest, the last file of a backup: one that is cut off has none."""
    text = json.dumps({"format": FORMAT, **manifest}, indent=1).encode()
    info = tarfile.TarInfo(MANIFEST)
    info.size = len(text)
    tar.addfile(info, io.BytesIO(text))


def extract(tar: tarfile.TarFile, into: Path) -> dict[str, object]:
    """Unpacks a backup into an empty folder and gives its manifest.

    Raises:
        Failure: it is no backup, is cut off, or a file is not what the manifest says.
    """
    found: dict[str, str] = {}
    manifest: dict[str, object] = {}
    for member in tar:
        path = Path(member.name)
        if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
            raise Failure(Exit.DATA, f"it holds {member.name!r}, which no backup does")
        if member.isdir():
            (into / path).mkdir(parents=True, exist_ok=True)
            continue
        content = tar.extractfile(member)
        if member.name == MANIFEST:
            manifest = json.load(content)
            continue
        (into / path).parent.mkdir(parents=True, exist_ok=True)
        sha256 = hashlib.sha256()
        with (into / path).open("xb") as target:
            while chunk := content.read(1 << 20):
                sha256.update(chunk)
                target.write(chunk)
        found[member.name] = sha256.hexdigest()
    check(manifest, found)
    return manifest


def check(manifest: dict[str, object], found: dict[str, str]) -> None:
    """Compares the checksums of all files with the manifest's; none may be missing, none too many.

    Raises:
        Failure: they differ.
    """
    if manifest.get("format") != FORMAT:
        raise Failure(Exit.DATA, "it has no manifest that this version reads: it is cut off, or no backup")
    listed = manifest["files"]
    wrong = sorted(name for name in {*listed, *found} if listed.get(name) != found.get(name))
    if wrong:
        raise Failure(Exit.DATA, f"{len(wrong)} of {len(listed)} files are missing or changed, first {wrong[0]}")
