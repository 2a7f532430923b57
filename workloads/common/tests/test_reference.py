"""What a training leaves of its features, and which bin a value has."""

import json

import numpy as np
import pytest
from mlstack_common.reference import BINS, FEATURES, LARGEST, Reference, read_reference, reference_of

RNG = np.random.default_rng(7)
MIXED = {"amount": RNG.lognormal(3, 1, 5000), "kind": RNG.choice(["card", "cash", None], 5000, p=[0.7, 0.2, 0.1]), "flag": RNG.random(5000) < 0.1}


def shares(values, **options):
    return list(reference_of({"a": values}, **options).features[0].shares)


def bins(reference, values, dtype=float):
    return reference.bins(np.array(values, dtype)[:, None])[:, 0].tolist()


def test_the_same_features_give_the_same_bytes_and_come_back_as_they_were():
    content = reference_of(MIXED, together=3).to_json()
    assert content == reference_of(MIXED, together=3).to_json()
    again = read_reference(content)
    assert (again.rows, again.together, again.names) == (5000, 3, ["amount", "kind", "flag"])
    assert again.to_json() == content and len(content) < 1000


def test_numbers_are_cut_at_quantiles():
    assert shares(np.arange(10_000.0)) == [0, *[0.1] * 10]
    skewed = shares(RNG.lognormal(3, 2, 10_000))
    assert skewed[0] == 0 and skewed[1:] == pytest.approx([0.1] * 10, abs=0.001)


def test_no_number_is_moved_over_an_edge_by_rounding():
    numbers = (RNG.integers(0, 1000, 5000) / 1000).round(3)
    for values in (numbers, numbers.round(1), numbers * 1e6):
        reference = reference_of({"a": values})
        assert bins(reference, values) == bins(reference, values.astype(np.float32))


def test_few_numbers_have_a_bin_each_and_so_has_what_was_never_there():
    reference = reference_of({"a": [0, 1, 1, 1]})
    assert shares([0, 1, 1, 1]) == [0, 0, 0.25, 0.75, 0]
    assert bins(reference, [np.nan, -1, 0, 1, 1.5, np.inf, -np.inf]) == [0, 1, 2, 3, 4, 4, 1]


@pytest.mark.parametrize("number", [0, 0.1, -7, 1e-9, 1.7e9])
def test_a_constant_is_told_from_all_else(number):
    reference = reference_of({"a": [number] * 1000})
    assert shares([number] * 1000) == [0, 0, 1, 0]
    assert bins(reference, [number, np.float32(number), number + abs(number) * 0.01 + 1e-9, number - abs(number) * 0.01 - 1e-9]) == [2, 2, 3, 1]


def test_a_number_that_most_rows_have_does_not_hide_the_others():
    most = np.where(np.arange(1000) < 950, 100.0, np.arange(1000) / 1000)
    for values in (most, -most):
        reference = reference_of({"a": values})
        assert len({*bins(reference, values)}) > 1
        assert bins(reference, [values[0]]) != bins(reference, [values[-1]])


def test_no_value_has_a_bin_of_its_own():
    assert shares([np.nan, 1, 2, np.nan]) == [0.5, 0, 0.25, 0.25, 0]
    assert shares([np.nan, np.nan]) == [1, 0]
    assert shares([]) == [0, 0]
    assert shares(np.array([None, "a", "a", 3], object)) == [0.5, 0, 0.5]
    assert reference_of({}).names == []


def test_the_most_frequent_texts_have_a_bin_each():
    values = [chr(97 + place) for place in range(20) for _ in range(20 - place)]
    reference = reference_of({"a": values})
    assert reference.features[0].categories == tuple("abcdefghij")
    assert sum(reference.features[0].shares) == pytest.approx(1)
    assert bins(reference, ["a", "j", "k", "never seen", None], object) == [2, 11, 1, 1, 0]


def test_all_numbers_at_once_have_the_bins_that_each_has_alone():
    columns = {"a": RNG.normal(size=500), "b": RNG.integers(0, 3, 500), "c": np.full(500, 5.0), "d": np.full(500, np.nan)}
    reference = reference_of(columns)
    rows = np.column_stack([RNG.normal(size=300) * 3, RNG.integers(-1, 5, 300), RNG.integers(4, 7, 300), np.where(RNG.random(300) < 0.5, np.nan, np.inf)])
    alone = np.column_stack([feature.bins(rows[:, place]) for place, feature in enumerate(reference.features)])
    assert (reference.bins(rows) == alone).all() and (reference.bins(rows) < reference.width).all()


def test_is_bounded():
    many = reference_of({f"f{place:04}": RNG.normal(size=50) for place in range(FEATURES + 5)})
    assert many.names[-1] == f"f{FEATURES - 1:04}" and len(many.to_json()) < 60_000
    texts = reference_of({"a": [str(place) * 100 for place in range(1000)]})
    assert len(texts.features[0].shares) <= BINS + 2 and len(texts.to_json()) < 5000
    with pytest.raises(ValueError, match="at most 1048576 are read; shorten the names"):
        reference_of({"x" * LARGEST: [1, 2]}).to_json()


RIGHT = json.loads(reference_of({"a": [1.0, 2.0, 2.0], "b": ["x", "y", "x"]}).to_json())


def changed(**feature):
    return RIGHT | {"features": [RIGHT["features"][0] | feature, RIGHT["features"][1]]}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "is no reference of features"),
        ({}, "is no reference of features"),
        (RIGHT | {"version": 2}, "is of version 2, this program reads 1"),
        (RIGHT | {"rows": -1}, "is no reference"),
        (RIGHT | {"rows": None}, "is no reference"),
        (RIGHT | {"together": 0}, "is no reference"),
        (RIGHT | {"features": {"a": 1}}, "is no reference"),
        (RIGHT | {"features": RIGHT["features"][:1] * 2}, "is no reference"),
        (RIGHT | {"features": RIGHT["features"] * FEATURES}, "is no reference"),
        (changed(shares=[0.5, 0.5]), "has wrong shares or edges of a"),
        (changed(shares=[0, -1, 1, 1, 0]), "has wrong shares or edges of a"),
        (changed(edges=[2, 1, 3]), "has wrong shares or edges of a"),
        (changed(edges=[1, 2, "NaN"]), "has wrong shares or edges of a"),
        (changed(edges=list(range(90)), shares=[0] * 92), "has wrong shares or edges of a"),
        (changed(name=["a"], edges=7), "is no reference"),
    ],
)  # fmt: skip
def test_refuses_what_is_no_reference(given, says):
    with pytest.raises(ValueError, match=says):
        read_reference(json.dumps(given).encode())


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b" " * (LARGEST + 1)])
def test_refuses_what_is_no_json(content):
    with pytest.raises(ValueError, match=r"."):
        read_reference(content)


def test_reads_what_it_was_given():
    assert isinstance(read_reference(json.dumps(RIGHT).encode()), Reference)
