import hashlib

import pytest
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
