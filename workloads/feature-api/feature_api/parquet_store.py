"""Features from the Parquet files, held in memory: the back end of last resort."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq


class ParquetStore:
    """All accounts, read once when the API starts. New data need a new replica."""

    source = "parquet"

    def __init__(self, folder: Path) -> None:
        """Reads the files in `folder`.

        Raises:
            OSError, ValueError: they are missing, or cannot be read (pyarrow's errors are of these kinds).
        """
        self.version: str = json.loads((folder / "manifest.json").read_text())["version"]
        table = pq.read_table(folder / "accounts.parquet", use_threads=False)
        self.names = [name for name in table.column_names if name.startswith("f") and name != "fraud"]
        self.values = np.column_stack([table.column(name).to_numpy() for name in self.names]).astype("<f4")
        self.labels = table.column("fraud").to_numpy(zero_copy_only=False)
        self._row = {int(account): row for row, account in enumerate(table.column("account_id").to_numpy())}

    def get(self, ids: list[int]) -> dict[int, np.ndarray]:
        """Features of those of `ids` that exist."""
        return {account: self.values[self._row[account]] for account in ids if account in self._row}
