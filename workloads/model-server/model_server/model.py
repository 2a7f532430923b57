"""The model: from columns and rows to predictions."""

from pathlib import Path

import numpy as np
import onnxruntime as ort

from mlstack_common.ending import first_line
from mlstack_common.shift import Window
from model_server.errors import Refused, WrongAnswer
from model_server.question import Golden, Question

OUTPUT = "predictions"


class WrongQuestion(Exception):
    """A question that the model cannot answer: its place, and all that is wrong with the columns, or the first wrong row."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


class Model:
    """An ONNX model with one input, rows × columns of 32-bit numbers, and an output of one number for each row."""

    def __init__(self, path: Path, golden: Golden, sha256: str) -> None:
        """Opens the file and asks it the golden question.

        Args:
            sha256: checksum by which all files of the version are known.

        Raises:
            Refused: the file cannot be opened, has other inputs or outputs, or gives another answer.
        """
        self.columns, self.sha256 = golden.request.columns, sha256
        self.window: Window | None = None
        options = ort.SessionOptions()
        # One thread for each request: requests are answered side by side already, and a container has few cores.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self.session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library has an exception for each way to fail, and no common one
            raise Refused(f"model.onnx cannot be opened: {first_line(error)}") from error
        inputs, outputs = self.session.get_inputs(), [output.name for output in self.session.get_outputs()]
        if len(inputs) != 1 or inputs[0].type != "tensor(float)":
            raise Refused(f"model.onnx must have one input of 32-bit numbers, has {', '.join(f'{one.name} {one.type}' for one in inputs)}")
        if OUTPUT not in outputs:
            raise Refused(f"model.onnx must have an output {OUTPUT}, has {', '.join(outputs)}")
        self.input = inputs[0].name
        self.prove(golden)

    def prove(self, golden: Golden) -> None:
        """Refuses a model whose answer to the golden question is not the expected one."""
        expected = np.array(golden.response.predictions)
        try:
            answer = np.array(self.predict(golden.request))
        except Exception as error:  # as above
            raise Refused(f"the golden request cannot be answered: {first_line(error)}") from error
        if answer.shape != expected.shape:
            raise Refused(f"the golden request has {len(answer)} answers, golden.json {len(expected)}")
        wrong = np.flatnonzero(~(np.abs(answer - expected) <= golden.tolerance))  # so that NaN is wrong, too
        if len(wrong) > 0:
            row = wrong[0]
            raise WrongAnswer(f"the golden request is answered wrong: row {row} gives {answer[row]:.6g}, golden.json says {expected[row]:.6g}")

    def predict(self, question: Question) -> list[float]:
        """One prediction for each row.

        Raises:
            WrongQuestion: the columns are not the model's, or a row has not one number for each.
        """
        return self.score(self.table(question))

    def score(self, table: np.ndarray) -> list[float]:
        """The same of rows in the order of the model's columns."""
        answer = self.session.run([OUTPUT], {self.input: table})[0]
        return np.asarray(answer, np.float64).reshape(len(table)).tolist()

    def table(self, question: Question) -> np.ndarray:
        """The rows, in the order of the model's columns."""
        given = question.columns
        lacking = [name for name in self.columns if name not in given]
        unknown = [name for name in given if name not in self.columns]
        twice = sorted({name for name in given if given.count(name) > 1}) if len(given) > len(set(given)) else []
        wrong = [f"{what} {', '.join(names[:20])}" for what, names in (("missing", lacking), ("not known", unknown), ("given twice", twice)) if names]
        if wrong:
            raise WrongQuestion(question.place(), "; ".join(wrong))
        for index, row in enumerate(question.rows):
            if len(row) != len(given):
                raise WrongQuestion(question.place(index), f"must have {len(given)} numbers, one for each column, has {len(row)}")
        with np.errstate(over="ignore"):
            table = np.array(question.rows, np.float64).astype(np.float32)
        if len(large := np.argwhere(~np.isfinite(table))) > 0:
            raise WrongQuestion(question.place(*map(int, large[0])), "is larger than a number of 32 bits can be")
        return table[:, [given.index(name) for name in self.columns]]
