import pytest
from mlstack_common.ending import Failure, first_line, run


def ended(command, capsys):
    with pytest.raises(SystemExit) as end:
        run(command)
    return end.value.code, capsys.readouterr()


def test_a_failure_is_its_message_and_code(capsys):
    def command():
        raise Failure(5, "redis://a:1 cannot be reached")

    code, printed = ended(command, capsys)
    assert (code, printed.err, printed.out) == (5, "redis://a:1 cannot be reached\n", "")


def test_an_error_of_the_disk_is_one_line(capsys):
    code, printed = ended(lambda: open("/proc/nothing/here", "wb"), capsys)
    assert (code, printed.err) == (1, "[Errno 2] No such file or directory: '/proc/nothing/here'\n")


def test_exits_with_the_code_that_the_command_returns(capsys):
    assert ended(lambda: 6, capsys)[0] == 6


@pytest.mark.parametrize("code", [None, 0])
def test_returns_after_success(code):
    assert run(lambda: code) is None


@pytest.mark.parametrize(("text", "line"), [("a\nb", "a"), ("\n \n b \nc", "b"), ("", "ValueError"), ("\n", "ValueError")])
def test_an_errors_first_line_is_never_blank(text, line):
    assert first_line(ValueError(text)) == line
