"""Versions of a folder's data, of which readers see one at a time, whole.

Each version, a data set, is a folder of its own that is not changed any more, `data-ID`. `manifest.json` names the newest one
and is replaced in one step when that is whole, so that a writer that is killed leaves readers on the one before. Beside the
manifest, each file also has its plain name, for readers that need only that file.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlstack_common.ending import Exit, Failure, first_line
from mlstack_common.files import replace, sha256, sync_folder

MANIFEST = "manifest.json"
PREFIX = "data-"
PART = ".data.part"
REMEDY = "build the features again (another DATA_VERSION does)"

Write = Callable[[Path], int]
"""Writes the file whose path it is given, and returns its number of rows."""


@dataclass(frozen=True)
class DataSet:
    """One version of the data."""

    folder: Path
    """Where its files are; they do not change."""
    version: str
    """What the version is called, by DATA_VERSION."""
    id: str
    """Hash of the version's name and of all files: data sets with the same id have the same values."""
    checksums: Mapping[str, str]
    """SHA-256 of each file, by name."""

    def path(self, name: str) -> Path:
        """The file of that name.

        Raises:
            Failure: the data set has none.
        """
        if name not in self.checksums:
            raise Failure(Exit.DATA, f"{self.folder}: {MANIFEST} does not name {name}; {REMEDY}")
        return self.folder / name


def current(folder: Path) -> DataSet:
    """The newest data set that is whole.

    Raises:
        Failure: there is none, or the manifest is damaged.
    """
    path = folder / MANIFEST
    try:
        manifest: Any = json.loads(path.read_text())
        version, files = str(manifest["version"]), manifest["files"]
        checksums = {str(name): str(entry["sha256"]) for name, entry in files.items()}
        # A release before this one wrote all files beside the manifest, and named no folder.
        return DataSet(folder / str(manifest.get("folder", "")), version, id_of(version, checksums), checksums)
    except (OSError, ValueError) as error:
        raise Failure(Exit.DATA, f"{path}: cannot be read ({first_line(error)}); {REMEDY}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise Failure(Exit.DATA, f"{path}: does not name version and files; {REMEDY}") from error


def id_of(version: str, checksums: Mapping[str, str]) -> str:
    """Twelve hexadecimal digits that follow from a version's name and its files."""
    return hashlib.sha256(json.dumps([version, checksums], sort_keys=True).encode()).hexdigest()[:12]


def publish(folder: Path, version: str, files: Mapping[str, Write]) -> DataSet:
    """Writes a data set, then makes it the current one. The one before stays until the next is written: replicas that have
    begun with it may still read it.

    Raises:
        OSError: it cannot be written; the current one stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = current_or_none(folder)
    remove_others(folder, [before])
    part = folder / PART
    part.mkdir()
    try:
        rows = {name: write_file(part / name, write) for name, write in files.items()}
        checksums = {name: sha256(part / name) for name in files}
        data = DataSet(folder / f"{PREFIX}{id_of(version, checksums)}", version, id_of(version, checksums), checksums)
        settle(part, data.folder)
        entries = {name: {"rows": rows[name], "sha256": checksums[name]} for name in files}
        replace(folder / MANIFEST, json.dumps({"version": version, "folder": data.folder.name, "files": entries}, indent=1).encode())
    finally:
        shutil.rmtree(part, ignore_errors=True)
    for name in files:
        replace(folder / name, lambda plain, name=name: link_or_copy(data.folder / name, plain))
    remove_others(folder, [before, data])
    return data


def write_file(path: Path, write: Write) -> int:
    """Writes a file whole, and returns its number of rows."""
    rows: list[int] = []
    replace(path, lambda part: rows.append(write(part)))
    return rows[0]


def settle(part: Path, place: Path) -> None:
    """Moves the written files to their place. A folder that is there already is the same data set, perhaps damaged."""
    if place.is_dir():
        for path in part.iterdir():
            os.replace(path, place / path.name)
        sync_folder(place)
    else:
        os.rename(part, place)
    sync_folder(place.parent)


def link_or_copy(source: Path, target: Path) -> None:
    """A second name of the file; a copy where the file system has only one name for each."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def current_or_none(folder: Path) -> DataSet | None:
    with contextlib.suppress(Failure):
        return current(folder)
    return None


def remove_others(folder: Path, kept: list[DataSet | None]) -> None:
    """Removes all data sets but these, and what a writer that was killed has left."""
    names = {data.folder.name for data in kept if data}
    for path in [folder / PART, *folder.glob(f"{PREFIX}*"), *folder.glob(".*.part")]:
        if path.name in names:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
