"""Generated wind and power: each row is a function of the seed and of its number alone, so that a stream can go on anywhere."""

from datetime import UTC, datetime

import numpy as np

LIVE_START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
"""Time of row 0, the first of the live ones; those of the history have numbers below 0. Seconds since 1970."""
PERIOD = 600
"""Seconds from one row to the next."""

DAY = 86_400 // PERIOD
FRONT = 36
"""Rows between two points that the weather is interpolated between: six hours."""

RATED = 2000.0
"""Power of the turbine in kW, reached at RATED_SPEED."""
CUT_IN, RATED_SPEED, CUT_OUT = 3.0, 12.0, 25.0
"""Wind in m/s at which it starts, is at full power, and stops to protect itself."""
STANDARD_DENSITY = 1.225
"""Of air in kg/m³; the power is proportional to it."""

COLUMNS = ("wind_speed", "wind_direction", "temperature", "pressure", "power")


def time_of(number: np.ndarray) -> np.ndarray:
    """Times of rows by their numbers."""
    return LIVE_START + number * PERIOD


def generate(first: int, count: int, seed: int) -> dict[str, np.ndarray]:
    """Rows `first` to `first + count - 1` by column, with their times.

    The same seed gives the same rows, however they are divided into calls.
    """
    number = np.arange(first, first + count, dtype=np.int64)
    hour = 2 * np.pi * (number % DAY) / DAY
    season = 2 * np.pi * (number % (365 * DAY)) / (365 * DAY)
    speed = 8.2 * np.exp(0.45 * fronts(seed, 1, number)) + 0.8 * np.sin(hour - 2.4) + 0.5 * normals(seed, 2, number)
    direction = 250 + 70 * fronts(seed, 3, number) + 6 * normals(seed, 4, number)
    temperature = 9 - 9 * np.cos(season) - 3.5 * np.cos(hour - 0.6) + 2.5 * fronts(seed, 5, number) + 0.2 * normals(seed, 6, number)
    rows = {
        "wind_speed": speed.clip(0, 45).round(2),
        "wind_direction": (direction % 360).round(1),
        "temperature": temperature.round(1),
        "pressure": (1013 + 9 * fronts(seed, 7, number)).round(1),
    }
    power = curve(rows) * (1 + 0.02 * normals(seed, 8, number)) + 4 * normals(seed, 9, number)
    return {"time": time_of(number), **rows, "power": power.clip(0, 1.05 * RATED).round(1)}


def curve(rows: dict[str, np.ndarray]) -> np.ndarray:
    """What the turbine gives without noise: less in thin air, and less behind its neighbour in the west."""
    speed = rows["wind_speed"]
    share = (speed**3 - CUT_IN**3) / (RATED_SPEED**3 - CUT_IN**3)
    density = rows["pressure"] * 100 / (287.05 * (rows["temperature"] + 273.15))
    wake = 1 - 0.18 * np.exp(-(((rows["wind_direction"] - 270) / 15) ** 2))
    power = RATED * (share * wake * density / STANDARD_DENSITY).clip(0, 1)
    return np.where((speed < CUT_IN) | (speed > CUT_OUT), 0, power)


def fronts(seed: int, kind: int, number: np.ndarray) -> np.ndarray:
    """What changes slowly: random points, and smooth ways between them."""
    before, within = np.divmod(number, FRONT)
    part = (1 - np.cos(np.pi * within / FRONT)) / 2
    return normals(seed, kind, before) * (1 - part) + normals(seed, kind, before + 1) * part


def normals(seed: int, kind: int, number: np.ndarray) -> np.ndarray:
    """Standard normal numbers, by Box and Muller."""
    first, second = (uniforms(seed, 2 * kind + half, number) for half in (0, 1))
    return np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)


def uniforms(seed: int, kind: int, number: np.ndarray) -> np.ndarray:
    """Numbers between 0 and 1, by SplitMix64's mixing of seed, kind and number."""
    start = (seed * 0x9E3779B97F4A7C15 + kind * 0xD1B54A32D192ED03) % 2**64
    mixed = number.astype(np.int64).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(start)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return ((mixed >> np.uint64(11)) + 0.5) / 2**53
