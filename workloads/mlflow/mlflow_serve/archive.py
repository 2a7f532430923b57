"""The form of a backup: a tar of the data, and last a manifest with a checksum of every file."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import IO

from mlflow_serve.refusal import DAMAGED, Refusal

FORMAT = 1
MANIFEST = "manifest.json"


class Hashed(io.RawIOBase):
    """A stream that knows the checksum of what was read from it."""

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
    """Adds the file at `path`; gives its checksum, or None when it went away meanwhile."""
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return None
    with source:
        info = tar.gettarinfo(arcname=name, fileobj=source)
        hashed = Hashed(source)
        tar.addfile(info, hashed)
        return hashed.sha256.hexdigest()


def add_manifest(tar: tarfile.TarFile, manifest: dict[str, object]) -> None:
    text = json.dumps({"format": FORMAT, **manifest}, indent=1).encode()
    info = tarfile.TarInfo(MANIFEST)
    info.size = len(text)
    tar.addfile(info, io.BytesIO(text))


def extract(tar: tarfile.TarFile, into: Path) -> dict[str, object]:
    """Unpacks a backup into an empty folder and gives its manifest.

    Raises:
        Refusal: it is no backup, is cut off, or a file is not what the manifest says.
    """
    found: dict[str, str] = {}
    manifest: dict[str, object] = {}
    for member in tar:
        path = Path(member.name)
        if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
            raise Refusal(f"it holds {member.name!r}, which no backup does", DAMAGED)
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
    return checked(manifest, found)


def checked(manifest: dict[str, object], found: dict[str, str]) -> dict[str, object]:
    """The manifest, when every file is as it says and none is missing or too many."""
    if manifest.get("format") != FORMAT:
        raise Refusal("it has no manifest that this version reads: it is cut off, or no backup", DAMAGED)
    listed = manifest["files"]
    wrong = sorted(name for name in {*listed, *found} if listed.get(name) != found.get(name))
    if wrong:
        raise Refusal(f"{len(wrong)} of {len(listed)} files are missing or changed, first {wrong[0]}", DAMAGED)
    return manifest
