"""Artifacts in a bucket of Google Cloud Storage: a real server of its API, and a double of what gives tokens."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from conftest import run
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from mlstack_testing import free_port, kill, start, until

TOKEN = "a-token"
PRIVATE = rsa.generate_private_key(65537, 2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    """The address of a server with the bucket `shop`."""
    port, log = free_port(), tmp_path_factory.mktemp("storage") / "log"
    words = ["start", "--in-memory", "--host", "127.0.0.1", "--port", str(port), "--default-bucket", "shop"]
    code = f"import sys; from gcp_storage_emulator.__main__ import main; main({words!r})"
    process = start(sys.executable, "-c", code, env={"PATH": os.environ["PATH"], "HOME": "/tmp"}, log=log)

    def answers():
        assert process.poll() is None, log.read_text()
        try:
            return httpx.get(f"http://127.0.0.1:{port}/storage/v1/b/shop", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    until(answers)
    yield f"http://127.0.0.1:{port}"
    kill(process)


@pytest.fixture
def google():
    """Gives a token for every key, unless it is to refuse; and a store that takes no file. Both remember how they were asked."""
    with Google(("127.0.0.1", 0), Answers) as server:
        yield server.begin()
        server.shutdown()


@pytest.fixture(scope="module")
def served(launch, storage, tmp_path_factory):
    """A server with a key of its own, whose artifacts are in the bucket `models`."""
    assert httpx.post(f"{storage}/storage/v1/b", json={"name": "models"}, trust_env=False).status_code == 200
    with Google(("127.0.0.1", 0), Answers) as google:
        keys = {"GCS_ENDPOINT_URL": storage, "GCS_CREDENTIALS": google.begin().key_file()}
        server = launch(tmp_path_factory.mktemp("data"), ARTIFACTS_DESTINATION="gs://models/team/fraud", **keys)
        server.google = google
        yield server
        google.shutdown()


class Google(ThreadingHTTPServer):
    refuses = False
    tokens = 0
    asked_with: list[str] = []

    def begin(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"

    def key_file(self, **changes):
        """That of a service account, whose tokens this server gives."""
        key = {"type": "service_account", "project_id": "shop", "private_key_id": "1", "private_key": PRIVATE}
        return json.dumps(key | {"client_email": "mlflow@shop.example.com", "client_id": "1", "token_uri": f"{self.address}/token"} | changes)


class Answers(BaseHTTPRequestHandler):
    server: Google

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path != "/token":
            self.server.asked_with = [*self.server.asked_with, self.headers.get("authorization", "")]
            self.answer(403, {"error": {"code": 403, "message": f"mlflow@shop.example.com does not have access, {TOKEN}"}})
        elif self.server.refuses:
            self.answer(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
        else:
            self.server.tokens += 1
            self.answer(200, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def names(storage, bucket):
    return {one["name"]: int(one["size"]) for one in httpx.get(f"{storage}/storage/v1/b/{bucket}/o", trust_env=False).json()["items"]}


def test_keeps_artifacts_in_the_bucket_and_gives_them_through_the_server(served, storage):
    server = served
    # More than is in memory at once.
    content = os.urandom(20_000_000)
    run_id = server.train(content)
    path = f"0/{run_id}/artifacts/model/model.onnx"
    assert names(storage, "models") == {"team/fraud/.mlstack-can-write": 0, f"team/fraud/{path}": len(content)}
    assert server.download(path) == content
    assert [one["path"] for one in server.get_files(f"0/{run_id}/artifacts/model")] == ["model.onnx"]
    assert server.model()["source"] == f"mlflow-artifacts:/0/{run_id}/artifacts/model"
    assert not (server.data / "artifacts").exists() and server.google.tokens > 0


def test_the_key_is_in_a_file_of_its_own_and_in_no_variable_of_the_server(served):
    environment = Path(f"/proc/{served.process.pid}/environ").read_text()
    assert "PRIVATE KEY" not in environment
    file = Path(next(line.partition("=")[2] for line in environment.split("\0") if line.startswith("GOOGLE_APPLICATION_CREDENTIALS=")))
    assert json.loads(file.read_text())["private_key"] == PRIVATE
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_emulator_is_asked_without_a_key(launch, storage, tmp_path):
    server = launch(tmp_path, ARTIFACTS_DESTINATION="gs://shop", GCS_ENDPOINT_URL=storage)
    server.upload("0/a.txt", b"a")
    assert server.download("0/a.txt") == b"a"
    assert names(storage, "shop")["0/a.txt"] == 1


def ended(tmp_path, **env):
    """How the server ends with these variables; it says one sentence, and nothing of the key."""
    done = run("mlflow-serve", data=tmp_path, ALLOWED_HOSTS="mlflow", **{"ARTIFACTS_DESTINATION": "gs://models", **env})
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not any(part in done.stderr for part in ("PRIVATE", PRIVATE.splitlines()[1], TOKEN))
    return done.returncode, done.stderr.strip()


def test_does_not_start_with_a_bucket_that_is_not_there(storage, google, tmp_path):
    for env in ({}, {"GCS_CREDENTIALS": google.key_file()}):
        code, said = ended(tmp_path, ARTIFACTS_DESTINATION="gs://nowhere", GCS_ENDPOINT_URL=storage, **env)
        assert (code, said) == (2, "ARTIFACTS_DESTINATION: there is no bucket nowhere; make it, or correct its name")


def test_does_not_start_with_an_account_that_may_not_write(google, tmp_path):
    code, said = ended(tmp_path, GCS_ENDPOINT_URL=google.address, GCS_CREDENTIALS=google.key_file())
    assert (code, google.asked_with) == (2, [f"Bearer {TOKEN}"])
    assert said.startswith("ARTIFACTS_DESTINATION: the account of GCS_CREDENTIALS may not write to models (403); give its service account the role")


def test_does_not_start_with_a_key_that_google_refuses(google, tmp_path):
    google.refuses = True
    code, said = ended(tmp_path, GCS_ENDPOINT_URL=google.address, GCS_CREDENTIALS=google.key_file())
    text = "ARTIFACTS_DESTINATION: Google refuses the key of GCS_CREDENTIALS (invalid_grant); make a new key of the service account"
    assert (code, said) == (2, text)


def test_does_not_start_with_a_key_that_is_damaged(google, tmp_path):
    damaged = google.key_file(private_key=PRIVATE[:300])
    code, said = ended(tmp_path, GCS_ENDPOINT_URL=google.address, GCS_CREDENTIALS=damaged)
    assert code == 2 and said.startswith("ARTIFACTS_DESTINATION: GCS_CREDENTIALS is no key of a service account (")


@pytest.mark.parametrize("text", ["hunter2", "[]", '{"type": "external_account", "credential_source": {"executable": {"command": "id"}}}', '{"type": "service_account"}'])
def test_refuses_what_is_no_key_file(text, tmp_path):
    code, said = ended(tmp_path, GCS_CREDENTIALS=text)
    assert code == 2 and "hunter2" not in said
    assert said.startswith("GCS_CREDENTIALS: must be the key file of a service account, as it was downloaded: JSON with type,")


def test_a_key_is_required_where_no_endpoint_is_given(tmp_path):
    code, said = ended(tmp_path)
    assert (code, said) == (2, "GCS_CREDENTIALS: is required with a bucket of Google Cloud Storage: the key file of a service account")
