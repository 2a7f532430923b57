import io

import pytest
from conftest import picture, upload
from image_api.checkpoint import load
from image_api.image import prepare
from image_api.settings import Settings
from metrics_contract import conforms
from mlstack_testing import until
from PIL import Image


def test_says_loading_until_the_model_is_there(launch):
    api = launch(LOAD_SECONDS="2", API_WORKERS="2")
    until(lambda: api.status("/health") == 503)
    assert api.get("/health").json() == {"detail": "loading", "errors": []}
    assert api.status("/ready") == 503
    refusal = api.predict()
    assert refusal.status_code == 503 and refusal.headers["retry-after"] == "5"
    until(api.serves)
    # From now on every worker answers: none may be asked before it has loaded.
    assert [api.status("/ready") for _ in range(20)] + [api.predict().status_code for _ in range(20)] == [200] * 40
    assert api.get("/health").json() == {"status": "ok", "device": "cpu", "workers": 2}


def test_names_the_five_likeliest_of_67_breeds(api):
    answer = api.predict().json()
    scores = [one["score"] for one in answer["predictions"]]
    assert len(scores) == 5 and scores == sorted(scores, reverse=True)
    assert 5 / 67 < sum(scores) < 1
    assert len({one["class"] for one in answer["predictions"]}) == 5
    assert answer["model"] == "catnet-small" and answer["version"] == api.get("/ready").json()["version"]


def test_scores_of_all_classes_add_up_to_one(serve, tmp_path, make):
    api = serve(API_CHECKPOINT_PATH=make(classes=5), API_NUM_CLASSES="5")
    assert sum(one["score"] for one in api.predict().json()["predictions"]) == pytest.approx(1)


def test_answers_what_the_model_says(api, checkpoint, folders):
    model = load(Settings(api_checkpoint_path=checkpoint, api_log_dir=folders["API_LOG_DIR"], api_cache_dir=folders["API_CACHE_DIR"]), "cpu")
    for seed in range(3):
        best = api.predict(picture(seed)).json()["predictions"][0]
        scores = model.model(prepare(picture(seed), 224)).softmax(1)[0]
        assert best["index"] == int(scores.argmax()) and best["class"] == model.classes[best["index"]]
        assert best["score"] == pytest.approx(float(scores.max()), abs=1e-5)


def test_answers_depend_on_the_picture(api):
    assert len({api.predict(picture(seed)).json()["predictions"][0]["class"] for seed in range(8)}) > 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_reads_the_usual_formats(api, kind):
    assert api.predict(picture(kind=kind)).status_code == 200


def test_turns_a_photograph_upright(tmp_path):
    upright = Image.open(io.BytesIO(picture(size=(240, 240), kind="PNG")))
    lying = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me by 90 degrees"
    upright.rotate(90).save(lying, "PNG", exif=exif)
    straight = io.BytesIO()
    upright.save(straight, "PNG")
    assert prepare(lying.getvalue(), 64).equal(prepare(straight.getvalue(), 64))


@pytest.mark.parametrize("data", [b"", b"not an image", picture()[:400], picture(kind="GIF"), b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_refuses_what_is_no_picture(api, data):
    answer = api.predict(image=("cat.jpg", data))
    assert answer.status_code == 422
    reason = "is not a readable JPEG, PNG, WEBP file"
    assert answer.json() == {"detail": f"image: {reason}", "errors": [{"path": "image", "message": reason}]}


def test_refuses_a_small_file_with_an_enormous_picture(api):
    file = io.BytesIO()
    Image.new("1", (10_000, 6_000)).save(file, "PNG")
    answer = api.predict(file.getvalue())
    assert answer.status_code == 422 and "10000 x 6000" in answer.json()["detail"]


def test_takes_the_picture_in_either_field_but_not_in_both(api):
    assert api.client.post("/api/v1/predict", files=upload(picture(), "file")).json()["predictions"] == api.predict().json()["predictions"]
    assert api.client.post("/api/v1/predict", files=upload(picture(), "file") | upload(picture())).status_code == 422


def test_refuses_a_request_without_a_picture(api):
    for sent in ({}, {"files": upload(picture(), "photo")}, {"data": {"file": "text"}}):
        answer = api.client.post("/api/v1/predict", **sent)
        assert (answer.status_code, [one["path"] for one in answer.json()["errors"]]) == (422, ["file"])


def test_says_what_it_is_and_what_it_has_not(api):
    about = api.get("/").json()
    assert about["service"] == "image-api" and "POST /api/v1/predict" in about["endpoints"]
    assert api.status(about["docs"]) == api.status(about["openapi"]) == 200
    answer = api.get("/nowhere")
    assert (answer.status_code, answer.json()) == (404, {"detail": "nothing is at this path; GET / lists what is", "errors": []})


def test_refuses_a_request_that_is_too_large(serve):
    api = serve(API_MAX_UPLOAD_BYTES="2000")
    said = api.predict(b"x" * 3000)
    assert said.status_code == 413 and "API_MAX_UPLOAD_BYTES" in said.json()["detail"]
    body = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + b"x" * 3000 + b"\r\n--b--\r\n"
    chunks = (body[start : start + 500] for start in range(0, len(body), 500))
    # The answer comes although the caller goes on sending after the limit.
    unsaid = api.client.post("/api/v1/predict", content=chunks, headers={"content-type": "multipart/form-data; boundary=b"})
    assert unsaid.status_code == 413


def test_lets_pages_of_listed_origins_ask(serve):
    api = serve(API_CORS_ORIGINS="https://cats.example.com, http://localhost:3000")
    allowed = [
        api.client.get("/health", headers={"Origin": origin}).headers.get("access-control-allow-origin")
        for origin in ("https://cats.example.com", "http://localhost:3000", "https://dogs.example.com")
    ]
    assert allowed == ["https://cats.example.com", "http://localhost:3000", None]


def test_counts_over_all_workers(serve):
    api = serve(API_WORKERS="2")
    for seed in range(10):
        api.predict(picture(seed))
    api.predict(b"no picture")
    text = api.get("/metrics").text
    conforms(text, "image-api", "model")
    for code, requests in ((200, 10), (422, 1)):
        assert f'mlstack_requests_total{{code="{code}",component="image-api",route="/api/v1/predict"}} {requests}.0' in text
    assert "image_api_workers_loaded 2.0" in text


def test_remembers_answers_over_a_restart(serve):
    first = serve()
    given = first.predict().json()
    assert given["cached"] is False and first.predict().json() == given | {"cached": True}
    first.end()
    assert serve().predict().json() == given | {"cached": True}


def test_remembers_nothing_when_told_so(serve):
    api = serve(API_CACHE_ENTRIES="0")
    assert [api.predict().json()["cached"] for _ in range(3)] == [False] * 3
