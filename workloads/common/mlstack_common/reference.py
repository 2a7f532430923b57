"""What the features of a model were like in its training, in few numbers: training writes it beside the model, servers compare with it.

Of each feature the shares of its bins. Bin 0 is "no value". Numbers are cut at quantiles; of few different numbers each has a bin of its
own, and so has what lies below and above all of them. Of texts the most frequent ones have a bin each, and bin 1 is all others.

In the image that has numpy only.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

FILE = "reference.json"
VERSION = 1
"""Of the file's form. A reader refuses another one."""

FEATURES = 128
"""Most features of a reference; of a model with more, the first."""
BINS = 10
"""Most bins of numbers that are cut at quantiles, and most texts with a bin of their own."""
LARGEST = 1 << 20
"""Most bytes of the file."""


@dataclass(frozen=True)
class Feature:
    """One feature: `edges` between the bins of numbers, upward, or `categories`, the texts with a bin of their own."""

    name: str
    shares: tuple[float, ...]
    """Of each bin; together 1."""
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] | None = None

    def bins(self, values: np.ndarray) -> np.ndarray:
        """The bin of each value."""
        if self.categories is None:
            numbers = np.asarray(values, np.float64)
            return np.where(np.isnan(numbers), 0, np.searchsorted(self.edges, numbers, side="right") + 1)
        places = {text: place for place, text in enumerate(self.categories, 2)}
        return np.array([places.get(value, 1) if isinstance(value, str) else 0 for value in values], np.int64)


class Reference:
    """The features of one model.

    Args:
        rows: how many there were.
        together: how many rows that follow each other say the same thing, such as the weather of ten minutes and of the next ten; 1: none.
    """

    def __init__(self, rows: int, together: int, features: Sequence[Feature]) -> None:
        self.rows, self.together, self.features = rows, together, tuple(features)
        self.names = [feature.name for feature in features]
        self.width = max((len(feature.shares) for feature in features), default=0)
        self.shares = np.zeros((len(features), self.width))
        # -inf first, so that a number has a bin from 1 on and what is none has bin 0: nothing is larger than NaN, and NaN than nothing.
        self._edges = np.full((len(features), self.width), np.nan)
        for place, feature in enumerate(features):
            self.shares[place, : len(feature.shares)] = feature.shares
            self._edges[place, : len(feature.edges) + 1] = [-np.inf, *feature.edges]
        self._only_numbers = all(feature.categories is None for feature in features)

    def bins(self, rows: np.ndarray) -> np.ndarray:
        """The bin of each value: rows × features, the features in the order of `names`."""
        if self._only_numbers:
            return (rows[:, :, None] >= self._edges).sum(axis=2)
        return np.column_stack([feature.bins(rows[:, place]) for place, feature in enumerate(self.features)])

    def to_json(self) -> bytes:
        """The file. The same features give the same bytes.

        Raises:
            ValueError: it would be larger than a reader takes.
        """
        features = [
            {"name": one.name, **({"edges": one.edges} if one.categories is None else {"categories": one.categories}), "shares": one.shares}
            for one in self.features
        ]
        content = json.dumps({"version": VERSION, "rows": self.rows, "together": self.together, "features": features}, allow_nan=False).encode()
        if len(content) > LARGEST:
            raise ValueError(f"{FILE} would have {len(content)} bytes, at most {LARGEST} are read; shorten the names of the features")
        return content


def reference_of(columns: Mapping[str, Sequence[Any] | np.ndarray], together: int = 1) -> Reference:
    """The reference of a training's features, by name.

    Leave out what follows the clock or the calendar, such as an hour or an outdoor temperature: minutes are never like the year.

    Args:
        columns: the values of each feature, numbers or texts, equally many; at most `FEATURES` of them are taken.
        together: see `Reference`.
    """
    taken = list(columns.items())[:FEATURES]
    rows = len(taken[0][1]) if taken else 0
    return Reference(rows, together, [feature_of(name, np.asarray(values)) for name, values in taken])


def feature_of(name: str, values: np.ndarray) -> Feature:
    """One feature by its values in training."""
    if values.dtype.kind in "biuf":
        with np.errstate(over="ignore"):
            values = values.astype(np.float32)  # as servers get them: what 32 bits do not tell apart has one bin
        empty = Feature(name, (), edges_of(values[np.isfinite(values)].astype(np.float64)))
        bins = len(empty.edges) + 2
    else:
        texts = Counter(value for value in values if isinstance(value, str))
        most = sorted(texts, key=lambda text: (-texts[text], text))[:BINS]
        empty = Feature(name, (), categories=tuple(text for text in most if len(text) <= 100))
        bins = len(empty.categories or ()) + 2
    counts = np.bincount(empty.bins(values), minlength=bins)
    return Feature(name, tuple((counts / max(1, len(values))).round(9).tolist()), empty.edges, empty.categories)


def edges_of(numbers: np.ndarray) -> tuple[float, ...]:
    """Where the bins end: always between two neighbouring numbers, so that no rounding moves one over an edge."""
    distinct = np.unique(numbers)
    if len(distinct) == 0:
        return ()
    between = (distinct[:-1] + distinct[1:]) / 2
    if len(distinct) > BINS:
        cuts = np.sort(numbers)[np.ceil(len(numbers) * np.arange(1, BINS) / BINS).astype(int) - 1]
        places = np.searchsorted(distinct, cuts).clip(max=len(between) - 1)  # above the number; of the largest, below
        return tuple(between[np.unique(places)].tolist())
    near = max(np.abs(distinct).max() * 1e-6, 1e-12)
    return (float(distinct[0] - near), *between.tolist(), float(distinct[-1] + near))


def read_reference(content: bytes) -> Reference:
    """The reference of a file.

    Raises:
        ValueError: it is none, or of another form; the message says what is wrong.
    """
    if len(content) > LARGEST:
        raise ValueError(f"has {len(content)} bytes, at most {LARGEST} are read")
    try:
        given = json.loads(content)
        if given["version"] != VERSION:
            raise ValueError(f"is of version {given['version']!r}, this program reads {VERSION}")
        features = [
            Feature(str(one["name"]), tuple(map(float, one["shares"])), tuple(map(float, one.get("edges", ()))), categories_in(one)) for one in given["features"]
        ]
        reference = Reference(int(given["rows"]), int(given["together"]), features)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ValueError("is no JSON") from None
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"is no reference of features ({type(error).__name__}: {error})") from None
    if wrong := [feature.name for feature in features if not is_right(feature)]:
        raise ValueError(f"has wrong shares or edges of {', '.join(wrong[:20])}")
    if len(features) > FEATURES or len(set(reference.names)) < len(features) or reference.rows < 0 or reference.together < 1:
        raise ValueError("is no reference of features")
    return reference


def categories_in(one: Mapping[str, Any]) -> tuple[str, ...] | None:
    return tuple(map(str, one["categories"])) if "categories" in one else None


def is_right(feature: Feature) -> bool:
    """Whether there is a share for each bin, and the edges go upward."""
    bins = len(feature.edges if feature.categories is None else feature.categories) + 2
    finite = np.isfinite([*feature.shares, *feature.edges]).all()
    return bool(finite) and len(feature.shares) == bins <= BINS + 3 and min(feature.shares) >= 0 and all(a < b for a, b in pairwise(feature.edges))
