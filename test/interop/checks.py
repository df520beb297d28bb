"""A registry of checks, and what they share: settings, samples of every datatype, comparisons."""

import json
import sys
import traceback

import numpy as np

_checks = []


def check(function):
    """Registers a function that raises when the server does not behave as the client expects."""
    _checks.append(function)
    return function


class Settings:
    """Where the servers are, and with which keys; from the command line as JSON."""

    def __init__(self, text):
        given = json.loads(text)
        self.origin_url = given["originUrl"]
        self.edge_url = given["edgeUrl"]
        self.grpc_url = given["grpcUrl"]
        self.key = given["key"]

    @property
    def headers(self):
        return {"authorization": f"Bearer {self.key}"}


def run(module):
    """Runs the registered checks and prints one line of JSON for each; the exit status says whether all passed."""
    settings = Settings(sys.argv[1])
    failed = False
    for function in _checks:
        row = {"module": module, "check": (function.__doc__ or function.__name__).strip(), "ok": True}
        try:
            function(settings)
        except BaseException as error:  # a client that exits is a failed check, too
            failed = True
            row["ok"] = False
            row["error"] = f"{type(error).__name__}: {error}"[:500]
            row["trace"] = traceback.format_exc()[-2000:]
        print(json.dumps(row), flush=True)
    sys.exit(1 if failed else 0)


def samples():
    """One array of each datatype of the model `echo`, with the values where conversions go wrong."""
    texts = ["", "plain", "Grüße, 世界 🌍", 'quoted "\n'.encode("utf-8").decode("utf-8")]
    return {
        "BOOL": np.array([False, True, True]),
        "UINT8": np.array([0, 1, 255], np.uint8),
        "UINT16": np.array([0, 1, 65535], np.uint16),
        "UINT32": np.array([0, 1, 2**32 - 1], np.uint32),
        "UINT64": np.array([0, 2**53 + 1, 2**64 - 1], np.uint64),
        "INT8": np.array([-128, -1, 127], np.int8),
        "INT16": np.array([-32768, -1, 32767], np.int16),
        "INT32": np.array([-(2**31), -1, 2**31 - 1], np.int32),
        "INT64": np.array([-(2**63), -(2**53) - 1, 2**63 - 1], np.int64),
        "FP16": np.array([0, -0.0, 1.5, 65504, -2.0**-24], np.float16),
        "FP32": np.array([0, -0.0, 1.5, 3.4028235e38, 1e-45], np.float32),
        "FP64": np.array([0, -0.0, 1.5, 1.7976931348623157e308, 5e-324], np.float64),
        "BYTES": np.array([text.encode("utf-8") for text in texts], dtype=np.object_),
    }


def same(got, expected):
    """To the bit: -0.0 and 0.0 differ."""
    assert got is not None, "expected an array, got none"
    assert got.shape == expected.shape, f"expected shape {expected.shape}, got {got.shape}"
    assert got.dtype == expected.dtype, f"expected {expected.dtype}, got {got.dtype}"
    if got.dtype == np.object_:
        assert list(got) == list(expected), f"expected {list(expected)}, got {list(got)}"
    else:
        assert got.tobytes() == expected.tobytes(), f"expected {expected}, got {got}"


def four(rows=1):
    """An input of the model `double`, which answers twice of it."""
    return np.arange(4 * rows, dtype=np.float32).reshape(rows, 4)


def refused(error_class, work):
    """The error that `work` must end with."""
    try:
        work()
    except error_class as error:
        return error
    raise AssertionError("expected an error, got an answer")
