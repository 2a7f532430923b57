"""Artifacts in a bucket of a real S3 server."""

import os
import sys

import boto3
import httpx
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from conftest import run
from mlstack_testing import free_port, kill, start, until

KEYS = {"AWS_ACCESS_KEY_ID": "an-access-key", "AWS_SECRET_ACCESS_KEY": "hunter2hunter2"}


def client(port):
    login = {"aws_access_key_id": KEYS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": KEYS["AWS_SECRET_ACCESS_KEY"], "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **login)


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    """The port of a server."""
    port, log = free_port(), tmp_path_factory.mktemp("s3") / "log"
    env = {"PATH": os.environ["PATH"], "HOME": "/tmp"}
    process = start(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port), env=env, log=log)

    def answers():
        assert process.poll() is None, log.read_text()
        try:
            return client(port).list_buckets()
        except (BotoCoreError, ClientError):
            return None

    until(answers)
    yield port
    kill(process)


@pytest.fixture
def buckets(request, s3):
    """The port of the server with nothing but the empty bucket `models`; how often it asks no one for rights can be given."""

    def reset(what, unasked=""):
        assert httpx.post(f"http://127.0.0.1:{s3}/moto-api/{what}", content=unasked, trust_env=False).status_code == 200

    reset("reset-auth", "inf")
    reset("reset")
    client(s3).create_bucket(Bucket="models")
    reset("reset-auth", getattr(request, "param", "inf"))
    return s3


def variables(port, **env):
    return {"ARTIFACTS_DESTINATION": "s3://models/team/fraud", "MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{port}", **KEYS, **env}


def test_keeps_artifacts_in_the_bucket_and_gives_them_through_the_server(launch, buckets, tmp_path):
    server = launch(tmp_path, **variables(buckets))
    content = os.urandom(3_000_000)
    run_id = server.train(content)
    kept = client(buckets).list_objects_v2(Bucket="models")["Contents"]
    assert {one["Key"]: one["Size"] for one in kept} == {
        "team/fraud/.mlstack-can-write": 0,
        f"team/fraud/0/{run_id}/artifacts/model/model.onnx": len(content),
    }
    assert server.download(f"0/{run_id}/artifacts/model/model.onnx") == content
    assert server.model()["source"] == f"mlflow-artifacts:/0/{run_id}/artifacts/model"
    assert not (tmp_path / "artifacts").exists()


def test_a_bucket_without_a_folder_is_right(launch, buckets, tmp_path):
    server = launch(tmp_path, **variables(buckets, ARTIFACTS_DESTINATION="s3://models"))
    server.upload("0/a.txt", b"a")
    assert client(buckets).get_object(Bucket="models", Key="0/a.txt")["Body"].read() == b"a"


@pytest.mark.parametrize(
    ("buckets", "env", "says"),
    [
        ("inf", {"ARTIFACTS_DESTINATION": "s3://nowhere"}, "there is no bucket nowhere; make it, or correct its name"),
        ("0", {}, "these keys may not write to models (InvalidAccessKeyId); correct AWS_ACCESS_KEY_ID"),
    ],
    indirect=["buckets"],
)
def test_does_not_start_with_a_bucket_that_does_not_take_artifacts(buckets, env, says, tmp_path):
    done = run("mlflow-serve", data=tmp_path, ALLOWED_HOSTS="mlflow", **variables(buckets, **env))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert f"ARTIFACTS_DESTINATION: {says}" in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ({"ARTIFACTS_DESTINATION": "https://models"}, "ARTIFACTS_DESTINATION: "),
        ({"ARTIFACTS_DESTINATION": "s3://Models"}, "ARTIFACTS_DESTINATION: "),
        ({"MLFLOW_S3_ENDPOINT_URL": "minio:9000"}, "MLFLOW_S3_ENDPOINT_URL: "),
        ({"AWS_ACCESS_KEY_ID": "a"}, "AWS_SECRET_ACCESS_KEY: is required too; give both keys, or neither"),
        ({"AWS_SECRET_ACCESS_KEY": "hunter2"}, "AWS_ACCESS_KEY_ID: is required too; give both keys, or neither"),
    ],
)
def test_refuses_wrong_variables(tmp_path, env, line):
    done = run("mlflow-serve", data=tmp_path, ALLOWED_HOSTS="mlflow", **env)
    assert done.returncode == 2 and line in done.stderr and "hunter2" not in done.stderr
