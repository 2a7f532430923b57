"""The rows before the live ones."""

import threading

import pytest
from conftest import once, points
from mlstack_testing import until

LIVE_START = 1_767_225_600
COLUMNS = "time, wind_speed, wind_direction, temperature, pressure, power"


def rows(place):
    return place.ask(f"SELECT {COLUMNS} FROM measurements ORDER BY time")


def test_rows_are_regular_plausible_and_the_same_again(place):
    assert once("history", place) == f"wrote 600 rows of seed 7 and version 1 to {title(place)}\n"
    first = rows(place)
    assert [row[0] for row in first] == list(range(LIVE_START - 600 * 600, LIVE_START, 600))
    assert all(0 <= speed <= 45 and 0 <= direction < 360 and 950 < pressure < 1070 for _, speed, direction, _, pressure, _ in first)
    calm = [power for _, speed, *_, power in first if speed < 3]
    full = [power for _, speed, *_, power in first if 13 < speed < 25]
    assert calm and max(calm) < 50 and full and min(full) > 1500 and max(full) <= 2100
    written = place.ask("SELECT DISTINCT written_at FROM measurements")
    assert once("history", place) == f"{title(place)} has 600 rows of seed 7 and version 1 already\n"
    assert place.ask("SELECT DISTINCT written_at FROM measurements") == written
    once("history", place, SEED="8")
    other = rows(place)
    assert len(other) == 600 and other != first
    once("history", place)
    assert rows(place) == first


def title(place):
    return place.url.removeprefix("sqlite:///") if place.url.startswith("sqlite") else place.url.split("@")[1]


def test_longer_histories_end_with_the_same_rows(sqlite):
    """A row depends on the seed and on its number alone: this is what lets the stream go on anywhere."""
    once("history", sqlite)
    short = rows(sqlite)
    once("history", sqlite, HISTORY_ROWS="1000")
    assert len(rows(sqlite)) == 1000 and rows(sqlite)[-600:] == short


def test_rows_that_are_missing_are_written_again(sqlite):
    once("history", sqlite)
    whole = rows(sqlite)
    connection = sqlite.connect()
    connection.execute("DELETE FROM measurements WHERE time % 7200 = 0")
    connection.commit()
    assert once("history", sqlite).startswith("wrote 600 rows")
    assert rows(sqlite) == whole


def test_a_new_version_takes_the_predictions_of_its_rows_away_and_no_live_row(sqlite):
    once("history", sqlite)
    connection = sqlite.connect()
    for time in (LIVE_START - 600, LIVE_START):
        connection.execute(f"INSERT INTO predictions VALUES ({time}, 1, '1', 1)")
    connection.execute(f"INSERT INTO measurements VALUES ({LIVE_START}, 1, 1, 1, 1, 1, 1)")
    connection.commit()
    once("history", sqlite, DATA_VERSION="2")
    assert sqlite.ask("SELECT time FROM predictions") == [(LIVE_START,)]
    assert sqlite.ask("SELECT max(time), count(*) FROM measurements") == [(LIVE_START, 601)]


def test_a_reader_sees_the_rows_of_before_or_the_new_ones(place):
    once("history", place)
    seen, replaced = set(), threading.Event()

    def look():
        while not replaced.is_set():
            seen.add(place.ask("SELECT count(*), sum(power) FROM measurements")[0])

    reader = threading.Thread(target=look)
    reader.start()
    until(lambda: seen)
    once("history", place, SEED="8")
    replaced.set()
    reader.join()
    seen.add(place.ask("SELECT count(*), sum(power) FROM measurements")[0])
    assert len(seen) == 2 and {count for count, _ in seen} == {600}


def test_killed_at_any_point_it_has_replaced_all_rows_or_none(place, killer):
    once("history", place)
    before = rows(place)
    once("history", place, SEED="8")
    after = rows(place)
    once("history", place)
    outcomes, killed = [], killer("history", place, SEED="8", HISTORY_ROWS="600")
    for point in points(place):
        if not killed(point):
            break
        outcomes.append(rows(place))
    assert len(outcomes) > 4 and all(one == before for one in outcomes), "each point is before the end of the transaction"
    assert rows(place) == after


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"DATABASE_URL": "mysql://u:hunter2@h/d"}, "DATABASE_URL: must begin with sqlite://// and name a file, or with postgresql://\n"),
        ({"DATABASE_URL": "postgresql://u:hunter2@h:x/d"}, "DATABASE_URL: is no address of a database; write postgresql://user:password@host:5432/name\n"),
        (
            {"SEED": "-1", "HISTORY_ROWS": "5"},
            "SEED: Input should be greater than or equal to 0, got '-1'\nHISTORY_ROWS: Input should be greater than or equal to 288, got '5'\n",
        ),
    ],
)
def test_wrong_variables_are_named(sqlite, env, said):
    assert sorted(once("history", sqlite, code=2, **env).splitlines()) == sorted(said.splitlines())


def test_a_database_that_is_not_there_is_named_without_its_password(sqlite):
    said = once("history", sqlite, code=5, DATABASE_URL="postgresql://u:hunter2@127.0.0.1:1/d", DATABASE_WAIT="0")
    assert said.startswith("127.0.0.1:1/d: ") and said.endswith("correct DATABASE_URL, or start the database\n")


def test_a_step_that_is_none_is_refused(sqlite):
    assert once("histroy", sqlite, code=2) == "give one step of history, train, inference, stream, ui, kedro-viz, got histroy\n"
