"""Generated weather, compared with that of the history: seeded, in time that is counted and never waited for."""

import pytest
from mlstack_common.reference import read_reference
from mlstack_common.shift import Window
from wind_power import model
from wind_power.weather import generate

ACT = 0.25
ROWS, A_YEAR, CHUNK = 4320, 52_560, 360


class Stream:
    """Rows behind a history of the usual length, at twenty in a second."""

    def __init__(self, seed):
        self.seed, self.number, self.now = seed, 0, 1000.0
        reference = read_reference(model.reference_of(model.features_of(generate(-ROWS, ROWS, seed))))
        self.window = Window(reference, model.FEATURES, clock=lambda: self.now)

    def come(self, rows, faster=0.0):
        """What is said after each eighteen seconds."""
        for _ in range(0, rows, CHUNK):
            columns = generate(self.number, CHUNK, self.seed)
            columns["wind_speed"] += faster
            self.window.add(model.features_of(columns))
            self.number, self.now = self.number + CHUNK, self.now + CHUNK / 20
            yield self.window.shift().features


@pytest.mark.parametrize("seed", range(7, 12))
def test_a_year_of_the_same_weather_raises_no_alert_and_another_wind_does(seed):
    stream = Stream(seed)
    said = [features for features in stream.come(A_YEAR) if features]
    assert len(said) > 100 and set(said[0]) == set(model.COMPARED)
    assert max(max(features.values()) for features in said) < ACT
    wind = generate(-ROWS, ROWS, seed)["wind_speed"]
    noticed = [features["wind_speed"] > ACT for features in stream.come(300 * 20, wind.std())]
    assert noticed[-1]
