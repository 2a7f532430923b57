import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlstack_common import tables
from mlstack_common.ending import Exit, Failure
from mlstack_common.files import sha256


@pytest.fixture
def folder(tmp_path):
    tables.write(tmp_path / "new", "v9", {"a.parquet": pa.table({"x": [1, 2], "y": [3, 4]}), "b.parquet": pa.table({"z": [5]})})
    return tmp_path / "new"


def test_the_manifest_names_every_table(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["version"] == "v9"
    for name, rows in (("a.parquet", 2), ("b.parquet", 1)):
        assert manifest["files"][name] == {"rows": rows, "sha256": sha256(folder / name)}
        assert pq.read_table(folder / name).num_rows == rows
        assert pq.read_table(folder / manifest["folder"] / name).num_rows == rows
    assert sorted(path.name for path in folder.iterdir()) == ["a.parquet", "b.parquet", manifest["folder"], "manifest.json"]


def test_reads_a_table_and_the_version(folder):
    assert tables.read(folder, "a.parquet")[0].column_names == ["x", "y"]
    table, data = tables.read(folder, "a.parquet", ["y"])
    assert (table.column_names, data.version) == (["y"], "v9")


def data_of(folder):
    return folder / json.loads((folder / "manifest.json").read_text())["folder"]


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES = {
    "a table that is cut off": (lambda folder: cut(data_of(folder) / "a.parquet"), "a.parquet: damaged or cut off"),
    "no table": (lambda folder: (data_of(folder) / "a.parquet").unlink(), "a.parquet: cannot be read (["),
    "a manifest that is cut off": (lambda folder: cut(folder / "manifest.json"), "manifest.json: cannot be read ("),
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "manifest.json: cannot be read (["),
    "a manifest of another kind": (lambda folder: (folder / "manifest.json").write_text("[]"), "manifest.json: does not name version and files"),
    "a manifest of other files": (lambda folder: (folder / "manifest.json").write_text('{"version": "1", "files": {}}'), "does not name a.parquet"),
    "a table without a column": (lambda folder: None, "a.parquet: has no column n, m"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_refuses(folder, damage):
    spoil, reason = DAMAGES[damage]
    spoil(folder)
    with pytest.raises(Failure) as failure:
        tables.read(folder, "a.parquet", ["x", "n", "m"])
    text = str(failure.value)
    assert failure.value.code == Exit.DATA and reason in text and "build the features again" in text and "\n" not in text


def test_refuses_a_file_that_the_manifest_names_but_is_no_table(folder):
    (data_of(folder) / "a.parquet").write_text("nonsense")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["a.parquet"]["sha256"] = sha256(data_of(folder) / "a.parquet")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(Failure, match=r"a\.parquet: cannot be read"):
        tables.read(folder, "a.parquet")
