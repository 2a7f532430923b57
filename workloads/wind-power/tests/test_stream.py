"""The live feed: one row at a time, none twice, none left out."""

import signal
from random import Random

from conftest import points, sqlite_at
from metrics_contract import step_conforms
from mlstack_testing import PATIENCE, kill, until

LIVE_START = 1_767_225_600


def numbers(place):
    return [(time - LIVE_START) / 600 for (time,) in place.ask("SELECT time FROM measurements ORDER BY time")]


def follow_each_other(place):
    found = numbers(place)
    return found == list(range(len(found)))


def test_killed_at_any_point_it_goes_on_where_it_stopped(place, killer):
    grown, killed = 0, killer("stream", place, STREAM_INTERVAL="0.05")
    for point in points(place):
        before = place.count("measurements") if place.has("measurements") else 0
        assert killed(point), "it never ends by itself"
        after = place.count("measurements") if place.has("measurements") else 0
        if after:
            assert follow_each_other(place)
            assert place.ask("SELECT detail FROM steps WHERE step = 'stream'") == [(f"row {after - 1}",)]
        grown += after > before
        if grown == 3:  # several turns: the first ones also make the tables
            break
    assert point > 8


def test_the_rows_are_those_of_the_seed_however_often_it_was_killed(tmp_path, begin):
    seeded, places = Random(13), []
    for name, kills in (("calm", 0), ("killed", 3)):
        (tmp_path / name).mkdir()
        places.append(sqlite_at(tmp_path / name))
        for _ in range(kills):
            step = begin("stream", places[-1], STREAM_INTERVAL="0.05")
            wanted = (places[-1].count("measurements") if places[-1].has("measurements") else 0) + seeded.randint(1, 9)
            until(lambda: places[-1].has("measurements") and places[-1].count("measurements") >= wanted)
            kill(step.process)
        step = begin("stream", places[-1], STREAM_INTERVAL="0.05")
        until(lambda: places[-1].has("measurements") and places[-1].count("measurements") >= 40)
        kill(step.process)
    rows = [place.ask("SELECT time, wind_speed, power FROM measurements ORDER BY time LIMIT 40") for place in places]
    assert rows[0] == rows[1] and follow_each_other(places[1])


def test_two_at_once_write_no_row_twice_and_leave_none_out(place, begin):
    both = [begin("stream", place, STREAM_INTERVAL="0.05") for _ in range(2)]
    until(lambda: place.has("measurements") and place.count("measurements") >= 60)
    assert all(step.process.poll() is None for step in both)
    assert follow_each_other(place)


def test_it_ends_when_it_is_asked_to(sqlite, begin):
    step = begin("stream", sqlite, as_program=True)
    until(lambda: step.metric('mlstack_step_last_success_timestamp_seconds{step="stream"}'))
    step_conforms(step.get("/metrics")[1], "stream")
    step.process.send_signal(signal.SIGTERM)
    assert step.process.wait(timeout=PATIENCE) == 0
    assert "Traceback" not in step.log.read_text()
