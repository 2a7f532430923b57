import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlstack_common import tables
from mlstack_common.ending import Exit, Failure
from mlstack_common.files import replace, sha256


def test_writes_bytes_or_what_a_function_writes(tmp_path):
    replace(tmp_path / "a", b"one")
    replace(tmp_path / "b", lambda part: part.write_text("two"))
    assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_text()) == (b"one", "two")
    assert sha256(tmp_path / "a") == hashlib.sha256(b"one").hexdigest()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")

    def broken(part):
        part.write_text("ne")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace(path, broken)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


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
    assert len(list(folder.iterdir())) == 3


def test_reads_a_table_and_the_version(folder):
    assert tables.read(folder, "a.parquet")[0].column_names == ["x", "y"]
    table, version = tables.read(folder, "a.parquet", ["y"])
    assert (table.column_names, version) == (["y"], "v9")


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES = {
    "a table that is cut off": (lambda folder: cut(folder / "a.parquet"), "a.parquet: damaged or cut off"),
    "no table": (lambda folder: (folder / "a.parquet").unlink(), "a.parquet: cannot be read (["),
    "a manifest that is cut off": (lambda folder: cut(folder / "manifest.json"), "manifest.json: cannot be read ("),
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "manifest.json: cannot be read (["),
    "a manifest of another kind": (lambda folder: (folder / "manifest.json").write_text("[]"), "manifest.json: does not name a.parquet"),
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
    (folder / "a.parquet").write_text("nonsense")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["a.parquet"]["sha256"] = sha256(folder / "a.parquet")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(Failure, match=r"a\.parquet: cannot be read"):
        tables.read(folder, "a.parquet")
