"""How Feast's values lie in Redis: each key has the id of its data set, so that a reader of one never sees a value of another.

Feast's own key ends with the project; the id comes behind it. What was written without files of this kind has none.
"""


def suffix_of(data_set: str | None) -> bytes:
    """What comes behind Feast's own key."""
    return f"@{data_set}".encode() if data_set else b""


def current_of(project: str) -> str:
    """Where the id of the data set is that is whole."""
    return f"{project}@current"
