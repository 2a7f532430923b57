"""What is said of rows that are like those of the training, and of others: seeded, in time that is counted and never waited for."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from mlstack_common.metrics import exposition
from mlstack_common.reference import FEATURES, reference_of
from mlstack_common.shift import ENOUGH, QUIET, SLOT, SLOTS, SPAN, Window, index_of, read_window
from mlstack_common.shift_metrics import ShiftMetrics
from prometheus_client.parser import text_string_to_metric_families

WATCH, ACT = 0.1, 0.25
A_SECOND = 20
"""Requests."""
DAY = 86_400


def payments(rng, rows):
    """Features of different kinds: skewed, counted, rare, bounded, one that is always the same and one that often lacks."""
    return np.column_stack(
        [
            rng.lognormal(3.6, 1.1, rows).round(2),
            rng.poisson(2.5, rows),
            rng.random(rows) < 0.12,
            rng.beta(2, 6, rows).round(3),
            rng.normal(50, 10, rows),
            np.full(rows, 3.0),
            np.where(rng.random(rows) < 0.3, np.nan, rng.exponential(60, rows)),
        ]
    ).astype(np.float32)


NAMES = ["amount", "payments", "new_device", "risk", "age", "constant", "distance"]
TRAINED = payments(np.random.default_rng(1), 20_000)
REFERENCE = reference_of(dict(zip(NAMES, TRAINED.T, strict=True)))


class Stream:
    """A window, and rows that come into it, some each second."""

    def __init__(self, reference=REFERENCE, names=NAMES, seed=2):
        self.now, self.rng = 1000.0, np.random.default_rng(seed)
        self.window = Window(reference, names, clock=lambda: self.now)

    def come(self, seconds, rows=payments, each=A_SECOND):
        """Gives what the window says after each 15 s, as often as it is asked."""
        for second in range(seconds):
            self.now += 1
            self.window.add(rows(self.rng, each))
            if second % 15 == 14:
                yield self.window.shift()

    def after(self, seconds, **options):
        return [*self.come(seconds, **options)][-1]


def moved(place, by):
    """Rows one feature of which is larger by so much."""

    def rows(rng, count):
        table = payments(rng, count)
        table[:, place] += by
        return table

    return rows


def test_rows_like_those_of_the_training_never_raise_an_alert_in_a_day():
    worst = dict.fromkeys(NAMES, 0.0)
    said = 0
    for shift in Stream().come(DAY):
        said += bool(shift.features)
        worst = {name: max(most, shift.features.get(name, 0)) for name, most in worst.items()}
    assert said > DAY / 15 - 5
    assert max(worst.values()) < WATCH < ACT, worst


def test_few_rows_raise_none_either():
    """One row in two seconds: the smallest window of which anything is said."""
    for seed in range(3):
        said = [value for shift in Stream(seed=seed).come(20_000, each=1) for value in shift.features.values()]
        assert said and max(said) < ACT


@pytest.mark.parametrize("place", [place for place, name in enumerate(NAMES) if name != "constant"])
def test_a_feature_that_moves_by_a_standard_deviation_is_noticed_in_five_minutes(place):
    stream = Stream()
    assert stream.after(1800).features[NAMES[place]] < WATCH
    noticed = [shift.features[NAMES[place]] > ACT for shift in stream.come(300, moved(place, np.nanstd(TRAINED[:, place])))]
    assert noticed[-1] and noticed.index(True) <= 240 / 15
    others = [name for at, name in enumerate(NAMES) if at != place]
    assert all(stream.window.shift().features[name] < WATCH for name in others)


def test_what_was_always_the_same_is_noticed_when_it_is_not():
    assert Stream().after(300, rows=moved(5, 0.1)).features["constant"] > ACT


def test_values_that_begin_to_lack_are_noticed():
    assert Stream().after(300, rows=moved(4, np.nan)).features["age"] > ACT


def test_says_nothing_before_there_are_enough_rows():
    stream = Stream()
    assert stream.window.shift().rows == 0 and stream.window.shift().features == {}
    stream.window.add(payments(stream.rng, ENOUGH - 1))
    assert stream.window.shift().rows == ENOUGH - 1 and stream.window.shift().features == {}
    stream.window.add(payments(stream.rng, 1))
    assert set(stream.window.shift().features) == set(NAMES)


def test_says_nothing_once_no_row_comes():
    stream = Stream()
    assert stream.after(600).features
    stream.now += QUIET
    assert stream.window.shift().features
    stream.now += SLOT
    assert stream.window.shift().features == {} and stream.window.shift().rows == 0
    assert stream.after(15).features, "with those of before, since they are not many"


def test_forgets_what_is_old():
    stream = Stream()
    stream.after(600, rows=moved(4, 100))
    assert stream.after(SPAN + 2 * SLOT).features["age"] < WATCH
    assert A_SECOND * SPAN <= stream.window.shift().rows <= A_SECOND * (SPAN + SLOT)
    stream.now += SLOT * SLOTS
    assert stream.window.shift().rows == 0
    stream.window.add(payments(stream.rng, 1))
    assert stream.window.shift().rows == 1


def test_one_request_of_many_rows_is_not_the_whole_window():
    stream = Stream()
    stream.after(SPAN)
    stream.window.add(moved(4, 30)(stream.rng, 200))
    assert stream.window.shift().features["age"] < ACT


def test_too_small_a_training_is_not_compared_with():
    small = reference_of(dict(zip(NAMES, TRAINED[:99].T, strict=True)))
    assert Stream(small).after(300).features == {}


def fronts(rng, rows):
    """Rows that change slowly: forty that follow each other say the same thing."""
    return np.repeat(rng.normal(size=-(-rows // 40)), 40)[:rows, None] + rng.normal(size=(rows, 1)) * 0.01


@pytest.mark.parametrize("seed", range(5))
def test_rows_that_say_the_same_thing_count_once(seed):
    rng = np.random.default_rng(seed)
    reference = reference_of({"wind": fronts(rng, 6000)[:, 0]}, together=40)
    stream = Stream(reference, ["wind"], seed + 100)
    said = [shift.features for shift in stream.come(900, fronts, 40)]
    assert said[0] == {}, "600 rows are of 15 fronts"
    assert max(features.get("wind", 0) for features in said) < ACT
    assert stream.after(300, rows=lambda rng, rows: fronts(rng, rows) + 1, each=40).features["wind"] > ACT


def test_is_the_usual_index_less_what_chance_explains():
    reference = reference_of({"a": np.repeat([0.0, 1.0], 500_000)})
    counts = np.array([[0, 0, 300_000, 700_000, 0]])
    index = (0.3 - 0.5) * np.log(0.3 / 0.5) + (0.7 - 0.5) * np.log(0.7 / 0.5)
    chance = (1 + 4 * 2**0.5) * 2e-6
    assert index_of(reference, counts, 1_000_000) == pytest.approx([index - chance], abs=1e-12)
    assert index_of(reference, counts // 1000, 1000) == pytest.approx([index - (1 + 4 * 2**0.5) * (1e-3 + 1e-6)], abs=1e-12)
    assert index_of(reference, np.array([[0, 0, 50, 50, 0]]), 100) == [0]
    none = (0.005 - 0.5) * np.log(0.005 / 0.5) + 0.5 * np.log(1 / 0.5)
    assert index_of(reference, np.array([[0, 0, 0, 100, 0]]), 100) == pytest.approx([none - (1 + 4 * 2**0.5) * (1e-2 + 1e-6)], abs=1e-12), "half a row"


def test_columns_may_come_in_another_order_and_have_others_beside_them():
    stream = Stream(reference_of({"age": TRAINED[:, 4], "amount": TRAINED[:, 0]}))
    assert stream.after(300, rows=moved(4, 10)).features.keys() == {"age", "amount"}
    assert stream.window.shift().features["age"] > ACT > WATCH > stream.window.shift().features["amount"]


def test_memory_follows_from_the_reference_alone():
    largest = reference_of({str(place): [*range(10)] for place in range(2 * FEATURES)})
    window = Window(largest, largest.names)
    before = window._own.nbytes
    window.add(np.zeros((10_000, FEATURES)))
    assert window._own.nbytes == before < 10 << 20


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "reference.json: "),
        (json.dumps({"version": 9}).encode(), "reference.json: is of version 9, this program reads 1; what is asked is not compared with the training"),
        (reference_of({"colour": [1]}).to_json(), "reference.json: has colour, which the model has not; what is asked is not compared"),
        (None, "reference.json: No such file or directory; what is asked is not compared"),
    ],
)
def test_a_reference_that_cannot_be_compared_with_is_said_and_hinders_nothing(tmp_path, caplog, content, says):
    if content is not None:
        (tmp_path / "reference.json").write_bytes(content)
    assert read_window(tmp_path / "reference.json", NAMES) is None
    assert says in caplog.text


def test_a_full_disk_is_said_and_hinders_nothing(tmp_path, caplog, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    (tmp_path / "reference.json").write_bytes(REFERENCE.to_json())
    assert read_window(tmp_path / "reference.json", NAMES, tmp_path) is None
    assert "reference.json: No space left on device; what is asked is not compared" in caplog.text


def series(text):
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples if "shift" in sample.name]
    return {(sample.name, sample.labels.get("feature")): sample.value for sample in samples}


def test_a_series_is_there_while_its_value_is_known():
    metrics, stream = ShiftMetrics("server"), Stream()
    metrics.measures("fraud", None)
    assert "shift" not in exposition().decode()
    metrics.measures("fraud", stream.window)
    assert series(exposition().decode()) == {("mlstack_feature_shift_rows", None): 0}
    stream.after(300)
    assert set(series(exposition().decode())) == {("mlstack_feature_shift_rows", None), *(("mlstack_feature_shift", name) for name in NAMES)}
    stream.now += QUIET + SLOT
    assert series(exposition().decode()) == {("mlstack_feature_shift_rows", None): 0}
    metrics.measures("fraud", None)
    assert "shift" not in exposition().decode()


WORKER = """
import sys
import numpy as np
from mlstack_common.metrics import SHARED_FOLDER, exposition
from mlstack_common.reference import reference_of
from mlstack_common.shift import Window
from mlstack_common.shift_metrics import ShiftMetrics
window = Window(reference_of({"a": np.arange(1000.0) * float(sys.argv[2])}), ["a"], SHARED_FOLDER)
ShiftMetrics("c").measures("m", window)
window.add(np.arange(float(sys.argv[1]))[:, None])
print(exposition().decode())
"""


def test_several_workers_count_together(tmp_path):
    """Each ends before the next begins: what it was asked counts until it is old. Another model's rows do not."""

    def worker(rows, scale):
        env = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", WORKER, rows, scale], env=env, capture_output=True, text=True, check=True)
        return series(done.stdout)

    assert worker("100", "1") == {("mlstack_feature_shift_rows", None): 100}
    assert worker("1000", "2") == {("mlstack_feature_shift_rows", None): 1000, ("mlstack_feature_shift", "a"): pytest.approx(2.4, abs=2)}
    both = worker("60", "1")
    assert both["mlstack_feature_shift_rows", None] == 160 and both["mlstack_feature_shift", "a"] > ACT
