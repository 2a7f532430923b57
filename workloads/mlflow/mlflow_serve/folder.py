"""What is where in the data folder, and which process may use it."""

import fcntl
import os
from pathlib import Path

from mlstack_common.ending import Exit, Failure


class Folder:
    """The data folder: the database or the file store, the users, the artifacts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "mlflow.db"
        self.store = path / "store"
        self.users = path / "users.db"
        self.artifacts = path / "artifacts"
        # Uploads pass through here: models are larger than a folder in memory, and a rename within one disk is cheap.
        self.scratch = path / "tmp"
        self.databases = [self.database, self.users]
        self.trees = [self.store, self.artifacts]

    def holds(self) -> list[str]:
        """Names of the data that exist."""
        return [one.name for one in [*self.databases, *self.trees] if one.exists()]

    def claim(self) -> int:
        """Takes the folder for this process, and for the program that it becomes by `exec`; gives the lock's file descriptor.

        Raises:
            Failure: a server or a restore has it; two writers would damage the data.
        """
        lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(Exit.SETTINGS, f"DATA: a server or a restore is using {self.path}; stop it first") from None
        os.set_inheritable(lock, True)
        return lock
