import json
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from conftest import run
from feast_store.build import REFERENCE, generate
from feast_store.views import VIEWS
from mlstack_common import tables
from mlstack_common.data_sets import current
from mlstack_common.ending import Failure

MODEL_COLUMNS = {
    "amount", "hour", "account_age_days", "payments_last_day", "distance_km",
    "new_device", "foreign_merchant", "failed_logins", "merchant_risk", "share_of_balance",
}  # fmt: skip


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_same_variables_give_the_same_bytes_and_others_do_not(tmp_path):
    done = [run("feast-build", FEAST_DATA=tmp_path / name, ACCOUNTS=20, **more) for name, more in
            {"a": {}, "b": {}, "seed": {"SEED": 8}, "version": {"DATA_VERSION": "2"}}.items()]  # fmt: skip
    assert [one.returncode for one in done] == [0, 0, 0, 0], done
    assert done[0].stdout.startswith(f"wrote 20 accounts (version 1) to {tmp_path}/a: account_profile.parquet 140 rows, last_payment.parquet 140 rows")
    first = content(tmp_path / "a")
    assert sorted(first) == ["account_profile.parquet", "last_payment.parquet", "manifest.json"]
    assert first == content(tmp_path / "b")
    for other in ("seed", "version"):
        assert all(first[name] != data for name, data in content(tmp_path / other).items())


def test_the_views_have_the_columns_of_the_model_between_them():
    columns = [column for view in VIEWS.values() for column in view]
    assert len(columns) == len(set(columns)) and set(columns) == MODEL_COLUMNS


def test_every_account_has_one_row_a_day_before_the_reference_time():
    for table in generate(30, 4, 7, "1").values():
        rows = table.to_pandas()
        day = (rows["event_timestamp"] - (REFERENCE - timedelta(days=4))) // timedelta(days=1)
        assert sorted(zip(rows["account_id"], day, strict=True)) == [(account, number) for account in range(1, 31) for number in range(4)]


def test_values_range_as_those_that_the_model_is_trained_on():
    tables = generate(500, 7, 7, "1")
    payment = tables["last_payment.parquet"].to_pandas()
    assert payment["amount"].between(0.5, 5000).all() and payment["distance_km"].between(0, 3000).all()
    assert (payment["hour"] == payment["event_timestamp"].dt.hour).all()
    assert set(payment["new_device"]) == set(payment["foreign_merchant"]) == {0.0, 1.0}
    profile = tables["account_profile.parquet"].to_pandas()
    assert profile["share_of_balance"].between(0, 1).all() and profile["account_age_days"].between(0, 6007).all()


def test_no_accounts_make_empty_files(tmp_path):
    assert run("feast-build", FEAST_DATA=tmp_path, ACCOUNTS=0).returncode == 0
    assert [pq.read_table(tmp_path / f"{view}.parquet").num_rows for view in VIEWS] == [0, 0]
    assert json.loads((tmp_path / "manifest.json").read_text())["files"]["last_payment.parquet"]["rows"] == 0


def test_refuses_all_wrong_settings_at_once(tmp_path):
    done = run("feast-build", FEAST_DATA=tmp_path, ACCOUNTS=-1, DAYS=0, SEED="many")
    assert done.returncode == 2
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {"ACCOUNTS", "DAYS", "SEED"}


def test_says_that_the_folder_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    done = run("feast-build", FEAST_DATA=tmp_path / "file")
    assert done.returncode == 4
    assert "cannot be written" in done.stderr and len(done.stderr.splitlines()) == 1


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-100])


def turn_one_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [cut_off, turn_one_bit, lambda path: path.unlink()], ids=["cut off", "one bit", "missing"])
@pytest.mark.parametrize("name", ["last_payment.parquet", "manifest.json"])
def test_no_damage_is_read(tmp_path, damage, name):
    tables.write(tmp_path, "1", generate(5, 2, 7, "1"))
    assert tables.read(tmp_path, "last_payment.parquet", ["amount"])[0].num_rows == 10
    if name == "manifest.json" and damage is turn_one_bit:
        (tmp_path / name).write_text((tmp_path / name).read_text().replace("last_payment", "lest_payment"))
    else:
        damage(tmp_path / name if name == "manifest.json" else current(tmp_path).path(name))
    with pytest.raises(Failure, match="build the features again") as failed:
        tables.read(tmp_path, "last_payment.parquet", ["amount"])
    assert failed.value.code == 4 and name in str(failed.value)


def test_a_column_that_is_not_there_is_named(tmp_path):
    tables.write(tmp_path, "1", generate(5, 2, 7, "1"))
    with pytest.raises(Failure, match="has no column colour, taste"):
        tables.read(tmp_path, "last_payment.parquet", ["amount", "colour", "taste"])
