import json

import numpy as np
import pyarrow.parquet as pq
from features.build import ACCOUNTS, EDGES, generate
from mlstack_common.files import sha256
from mlstack_testing import run


def test_writes_what_the_manifest_names(tmp_path):
    done = run("features-build", STORAGE_BASE_DIR=tmp_path, ACCOUNTS="50", EDGES="80", DATA_VERSION="v9")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("wrote 50 accounts and 80 transactions (version v9)")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["version"] == "v9"
    for name, rows in ((ACCOUNTS, 50), (EDGES, 80)):
        assert manifest["files"][name]["rows"] == rows == pq.read_table(tmp_path / name).num_rows
        assert manifest["files"][name]["sha256"] == sha256(tmp_path / name)


def test_leaves_no_half_written_file(tmp_path):
    run("features-build", STORAGE_BASE_DIR=tmp_path, ACCOUNTS="50", EDGES="80")
    folder = json.loads((tmp_path / "manifest.json").read_text())["folder"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accounts.parquet", folder, "edges.parquet", "manifest.json"]


def test_the_same_seed_gives_the_same_data():
    first, second = generate(100, 200, 3), generate(100, 200, 3)
    assert all(first[name].equals(second[name]) for name in first)
    assert not first[ACCOUNTS].equals(generate(100, 200, 4)[ACCOUNTS])


def test_fraud_shows_in_features_and_in_partners():
    tables = generate(5000, 20000, 7)
    fraud = tables[ACCOUNTS].column("fraud").to_numpy(zero_copy_only=False)
    feature = tables[ACCOUNTS].column("f00").to_numpy()
    assert feature[fraud].mean() - feature[~fraud].mean() > 0.5
    source, target = (tables[EDGES].column(name).to_numpy() for name in ("source", "target"))
    assert fraud[target[fraud[source]]].mean() > 2 * fraud[target[~fraud[source]]].mean()
    assert np.isin(source, np.arange(5000)).all()


def test_refuses_all_wrong_settings_at_once(tmp_path):
    done = run("features-build", STORAGE_BASE_DIR=tmp_path, ACCOUNTS="-1", EDGES="many")
    assert done.returncode == 2
    assert "ACCOUNTS: " in done.stderr and "EDGES: " in done.stderr and "Traceback" not in done.stderr
