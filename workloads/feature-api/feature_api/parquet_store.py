"""Features from the Parquet files, held in memory: the back end of last resort, and what says which accounts exist."""

from pathlib import Path

import numpy as np

from mlstack_common import tables
from mlstack_common.data_sets import REMEDY
from mlstack_common.ending import Exit, Failure


class ParquetStore:
    """All accounts of one data set, read once when the API starts. New data need a new replica."""

    source = "parquet"

    def __init__(self, folder: Path) -> None:
        """Reads the current data set in `folder`.

        Raises:
            Failure: it is missing, damaged, or has values that are no numbers.
        """
        table, data = tables.read(folder, "accounts.parquet")
        self.data_set, self.version, self.checksum = data.id, data.version, data.checksums["accounts.parquet"]
        self.made = data.path("accounts.parquet").stat().st_mtime
        self.names = [name for name in table.column_names if name.startswith("f") and name != "fraud"]
        self.values = np.column_stack([table.column(name).to_numpy() for name in self.names]).astype("<f4")
        if len(wrong := np.argwhere(~np.isfinite(self.values))) > 0:
            row, column = wrong[0]
            account = table.column("account_id")[int(row)].as_py()
            raise Failure(Exit.DATA, f"account {account} has no number in {self.names[column]}; {REMEDY}")
        self.labels = table.column("fraud").to_numpy(zero_copy_only=False)
        self._row = {int(account): row for row, account in enumerate(table.column("account_id").to_numpy())}

    def __contains__(self, account: int) -> bool:
        return account in self._row

    def get(self, ids: list[int]) -> dict[int, np.ndarray]:
        """Features of those of `ids` that exist."""
        return {account: self.values[self._row[account]] for account in ids if account in self._row}
