"""The files of a version: the model as ONNX, a request whose answer is known, what its features were like, and the checksums of these."""

import hashlib
import json
import re

import numpy as np
import onnx
import onnxruntime as ort
import pandas as pd
from lightgbm import Booster, LGBMClassifier
from onnx import TensorProto, helper
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

from mlstack_common import reference
from mlstack_common.ending import Exit, Failure
from model_trainer.data import COLUMNS, FOLLOWS_CLOCK
from model_trainer.fit import probabilities

MODEL = "model.onnx"
GOLDEN = "golden.json"
REFERENCE = reference.FILE
CHECKSUMS = "checksums.json"

OUTPUT = "predictions"
OPSET = 15
GOLDEN_ROWS = 8
TOLERANCE = 1e-4


def to_onnx(model: LGBMClassifier) -> onnx.ModelProto:
    """The model with one input, rows × columns, and one output, the probability of fraud of each row."""
    given = [("rows", FloatTensorType([None, len(COLUMNS)]))]
    onnx_model = convert_lightgbm(in_32_bits(model.booster_), name="fraud", initial_types=given, target_opset=OPSET, zipmap=False)
    graph = onnx_model.graph
    both = graph.output[1].name  # of honesty and of fraud
    graph.initializer.append(helper.make_tensor("fraud_column", TensorProto.INT64, [], [1]))
    graph.node.append(helper.make_node("Gather", [both, "fraud_column"], [OUTPUT], name="fraud_only", axis=1))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None]))
    # The converter takes them from a set, whose order differs from process to process: the same model must be the same bytes.
    domains = sorted(onnx_model.opset_import, key=lambda one: one.domain)
    del onnx_model.opset_import[:]
    onnx_model.opset_import.extend(domains)
    onnx.checker.check_model(onnx_model)
    return onnx_model


def in_32_bits(booster: Booster) -> Booster:
    """The same trees with thresholds of 32 bits, rounded down.

    The converter rounds to the nearest, which may lie above: a value that equals it then takes the other branch. No number
    of 32 bits lies between a threshold and the one rounded down, so that no answer changes.
    """

    def line(found: re.Match[str]) -> str:
        return "threshold=" + " ".join(repr(round_down(float(number))) for number in found[1].split())

    text = re.sub(r"^threshold=(.*)$", line, booster.model_to_string(), flags=re.MULTILINE)
    # Lengths of the trees' texts, which have changed; without them the text is read from start to end.
    return Booster(model_str=re.sub(r"^tree_sizes=.*\n", "", text, flags=re.MULTILINE))


def round_down(number: float) -> float:
    """The largest number of 32 bits that is not above."""
    near = np.float32(number)
    return float(near if float(near) <= number else np.nextafter(near, np.float32(-np.inf)))


def score(model: bytes, data: pd.DataFrame) -> np.ndarray:
    """What the exported file itself answers."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run([OUTPUT], {"rows": data[COLUMNS].to_numpy(np.float32)})[0]


def prove(model: LGBMClassifier, exported: bytes, data: pd.DataFrame) -> np.ndarray:
    """The answers of the exported file, which must be those of the trained model in every row.

    Raises:
        Failure: they differ.
    """
    answers = score(exported, data)
    difference = float(np.abs(probabilities(model, data) - answers).max())
    if not difference <= TOLERANCE:
        raise Failure(Exit.FAILED, f"the exported model differs from the trained one by {difference:.2g}; nothing was registered")
    return answers


def golden_of(data: pd.DataFrame, answers: np.ndarray) -> bytes:
    """The request, from the rows with the lowest to the highest answer, so that a server that gives one answer to all fails."""
    order = np.argsort(answers, kind="stable")[np.linspace(0, len(answers) - 1, GOLDEN_ROWS).astype(int)]
    request = {"columns": COLUMNS, "rows": data[COLUMNS].iloc[order].to_numpy().tolist()}
    response = {"predictions": answers[order].astype(float).tolist()}
    return json.dumps({"request": request, "response": response, "tolerance": TOLERANCE}, indent=1).encode()


def reference_of(data: pd.DataFrame) -> bytes:
    """What the features of a training were like, with which a server compares what it is asked."""
    return reference.reference_of({name: data[name].to_numpy() for name in COLUMNS if name not in FOLLOWS_CLOCK}).to_json()


def checksums_of(files: dict[str, bytes]) -> bytes:
    """A file with the SHA-256 of each file."""
    return json.dumps({name: sha256(data) for name, data in sorted(files.items())}, indent=1).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
