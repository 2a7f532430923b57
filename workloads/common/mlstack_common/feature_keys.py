"""How the account features lie in Redis: what the loader writes and the API reads.

Every value has the id of its data set in its key, so that a reader of one data set can never see a value of another. The
hash `features:current` names the one that is whole.
"""

PREFIX = "features:"
CURRENT = "features:current"
"""Fields `set`, `version`, `rows`, `names` and `loaded_at` of the data set that is whole; replaced in one step."""
LOADING = "features:loading"
"""Which load has begun last; an earlier one that still runs does not finish."""
OLD_MARK = "features:meta"
"""The mark of a release before this one, whose values are at `features:ACCOUNT`."""


def key_of(data_set: str, account: int) -> str:
    """Where an account's features are: little-endian 32-bit floats, in the order of the columns."""
    return f"{PREFIX}{data_set}:{account}"
