"""Earlier answers, on disk: they survive a restart, and all workers share them."""

import json
import logging
import os
import secrets
from pathlib import Path

TIDY = 200
"""New answers of one process after which it removes what is too many."""

log = logging.getLogger("image-api")


class Cache:
    """One small file for each answer, named after the question. A folder that cannot be written costs time, not answers."""

    def __init__(self, folder: Path, entries: int) -> None:
        self.folder = folder / "answers"
        self.entries = entries
        self._written = 0
        self._broken = False

    def get(self, key: str) -> object | None:
        """The answer kept under `key`; None when there is none, or it is damaged."""
        if self.entries == 0:
            return None
        try:
            return json.loads(self._path(key).read_bytes())
        except (OSError, ValueError):
            return None

    def put(self, key: str, answer: object) -> None:
        """Keeps `answer`, whole or not at all, and now and then removes the oldest."""
        if self.entries == 0:
            return
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{secrets.token_hex(8)}.part")
            temporary.write_text(json.dumps(answer))
            os.replace(temporary, path)
            if self._written % TIDY == 0:
                self.tidy()
            self._written += 1
        except OSError as error:
            if not self._broken:
                log.warning("answers are not kept in %s: %s", self.folder, error.strerror)
            self._broken = True

    def tidy(self) -> None:
        """Removes the oldest answers above the limit."""
        found = []
        for path in self.folder.glob("*/*"):
            try:
                found.append((path.stat().st_mtime, path))
            except FileNotFoundError:  # another worker was quicker
                continue
        for _, path in sorted(found)[: max(0, len(found) - self.entries)]:
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"
