import pytest
from conftest import run


def refused(tmp_path, **env):
    done = run("mlflow-serve", data=tmp_path, **env)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()


def test_refuses_wrong_variables_all_at_once(tmp_path):
    lines = refused(
        tmp_path, BACKEND="mysql", ALLOWED_HOSTS="http://mlflow", WORKERS="0", LOG_LEVEL="LOUD", CORS_ORIGINS="ui", ADMIN_PASSWORD="hunter2"
    )
    assert [line.split(":")[0] for line in lines] == ["BACKEND", "ALLOWED_HOSTS", "CORS_ORIGINS", "ADMIN_PASSWORD", "WORKERS", "LOG_LEVEL"]
    assert "hunter2" not in str(lines)


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ({}, "ALLOWED_HOSTS: is required"),
        (
            {"ALLOWED_HOSTS": "*"},
            'ALLOWED_HOSTS: "*" would accept every name; list those by which the server is reached, such as mlflow:5000 or *.example.org',
        ),
        (
            {"ALLOWED_HOSTS": "a,"},
            'ALLOWED_HOSTS: "" would accept every name; list those by which the server is reached, such as mlflow:5000 or *.example.org',
        ),
        ({"ALLOWED_HOSTS": "a b"}, 'ALLOWED_HOSTS: "a b" is no host; give names without a scheme, such as mlflow:5000'),
        ({"ALLOWED_HOSTS": "a", "CORS_ORIGINS": "*"}, 'CORS_ORIGINS: "*" is no origin; give scheme and host, such as https://app.example.org'),
        ({"ALLOWED_HOSTS": "a", "BACKEND": "postgresql"}, "DATABASE_URL: is required when BACKEND is postgresql"),
        ({"ALLOWED_HOSTS": "a", "DATABASE_URL": "postgresql://u:hunter2@h/d"}, "DATABASE_URL: is not read when BACKEND is sqlite; remove it"),
        ({"ALLOWED_HOSTS": "a", "BACKEND": "postgresql", "DATABASE_URL": "mysql://u:hunter2@h/d"}, "DATABASE_URL: must begin with postgresql://"),
        ({"ALLOWED_HOSTS": "a", "ADMIN_USERNAME": "x"}, "ADMIN_PASSWORD: is required too; give both for basic authentication, or neither"),
        (
            {"ALLOWED_HOSTS": "a", "ADMIN_PASSWORD": "hunter2hunter2"},
            "ADMIN_USERNAME: is required too; give both for basic authentication, or neither",
        ),
    ],
)
def test_says_what_to_do(tmp_path, env, line):
    lines = refused(tmp_path, **env)
    assert lines == [line]
    assert "hunter2" not in str(lines)
