"""The official HTTP client, against the origin and the edge alike."""

import asyncio

import numpy as np
import tritonclient.http as http
import tritonclient.http.aio as http_aio
from tritonclient.utils import InferenceServerException

from checks import check, four, refused, run, same, samples

TIERS = ("origin", "edge")


def url_of(settings, tier):
    return (settings.origin_url if tier == "origin" else settings.edge_url).split("//", 1)[1]


def each_tier(work):
    """A check that is made at both tiers."""

    def both(settings):
        for tier in TIERS:
            client = http.InferenceServerClient(url_of(settings, tier), concurrency=4, network_timeout=60.0)
            try:
                work(client, settings.headers)
            except Exception as error:
                raise AssertionError(f"at the {tier}: {type(error).__name__}: {error}") from error
            finally:
                client.close()

    both.__doc__ = work.__doc__
    both.__name__ = work.__name__
    return check(both)


def tensor(name, data, datatype, binary=True):
    given = http.InferInput(name, list(data.shape), datatype)
    given.set_data_from_numpy(data, binary_data=binary)
    return given


def ask_double(client, headers, rows=1, **more):
    return client.infer("double", [tensor("x", four(rows), "FP32")], headers=headers, **more)


@each_tier
def health(client, headers):
    """live, ready, and ready by model and version"""
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("double", headers=headers)
    assert client.is_model_ready("double", "v1", headers=headers)
    assert not client.is_model_ready("nope", headers=headers)


@each_tier
def metadata(client, headers):
    """server metadata, model metadata and configuration"""
    assert client.get_server_metadata(headers=headers)["name"] == "brink"
    model = client.get_model_metadata("double", headers=headers)
    assert model["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1, 4]}], model
    config = client.get_model_config("double", headers=headers)
    assert config["name"] == "double" and config["input"][0]["data_type"] == "TYPE_FP32", config


@each_tier
def every_datatype_binary(client, headers):
    """every datatype, in and out as bytes"""
    inputs = [tensor(f"in_{name}", data, name) for name, data in samples().items()]
    answer = client.infer("echo", inputs, headers=headers, request_id="seven")
    assert answer.get_response()["id"] == "seven"
    for name, data in samples().items():
        same(answer.as_numpy(f"out_{name}"), data)


@each_tier
def every_datatype_json(client, headers):
    """every datatype as JSON, in and out; FP16, which the client itself refuses as JSON, as bytes"""
    inputs = [tensor(f"in_{name}", data, name, name == "FP16") for name, data in samples().items()]
    answer = client.infer("echo", inputs, headers=headers)
    for name, data in samples().items():
        same(answer.as_numpy(f"out_{name}"), data)
    outputs = [http.InferRequestedOutput(f"out_{name}", binary_data=name == "FP16") for name in samples()]
    answer = client.infer("echo", inputs, outputs=outputs, headers=headers)
    for name, data in samples().items():
        # by value: the client reads the JSON number -0 as the integer 0, and JSON text as str
        expected = [text.decode("utf-8") for text in data] if name == "BYTES" else data
        assert np.array_equal(answer.as_numpy(f"out_{name}"), expected), name


@each_tier
def some_outputs(client, headers):
    """requested outputs only, binary or JSON as asked for each"""
    inputs = [tensor(f"in_{name}", data, name) for name, data in samples().items()]
    outputs = [
        http.InferRequestedOutput("out_INT32", binary_data=True),
        http.InferRequestedOutput("out_BOOL", binary_data=False),
    ]
    answer = client.infer("echo", inputs, outputs=outputs, headers=headers)
    assert [output["name"] for output in answer.get_response()["outputs"]] == ["out_INT32", "out_BOOL"]
    same(answer.as_numpy("out_INT32"), samples()["INT32"])
    same(answer.as_numpy("out_BOOL"), samples()["BOOL"])


@each_tier
def classification(client, headers):
    """classification: the highest of an output, with their indices"""
    outputs = [http.InferRequestedOutput("y", class_count=2)]
    answer = client.infer("double", [tensor("x", four(2), "FP32")], outputs=outputs, headers=headers)
    got = [[value.decode().split(":")[1] for value in row] for row in answer.as_numpy("y")]
    assert got == [["3", "2"], ["3", "2"]], got


@each_tier
def compression(client, headers):
    """gzip and deflate, of requests and of answers"""
    data = np.zeros((2000, 4), np.float32)
    for algorithm in ("gzip", "deflate"):
        answer = client.infer(
            "double",
            [tensor("x", data, "FP32")],
            headers=headers,
            request_compression_algorithm=algorithm,
            response_compression_algorithm=algorithm,
        )
        same(answer.as_numpy("y"), data)


@each_tier
def asynchronous(client, headers):
    """async_infer: several requests at once"""
    pending = [client.async_infer("double", [tensor("x", four(n), "FP32")], headers=headers) for n in (1, 2, 3, 4)]
    for rows, one in enumerate(pending, start=1):
        same(one.get_result().as_numpy("y"), four(rows) * 2)


@each_tier
def parameters(client, headers):
    """priority, timeout and parameters of one's own"""
    answer = ask_double(client, headers, priority=1, timeout=30_000_000, parameters={"note": "x", "ratio": 0.5})
    same(answer.as_numpy("y"), four() * 2)


@each_tier
def errors(client, headers):
    """errors keep their status and their words"""
    unknown = refused(InferenceServerException, lambda: client.infer("nope", [tensor("x", four(), "FP32")], headers=headers))
    assert unknown.status() == "404", unknown.status()
    wrong = refused(
        InferenceServerException,
        lambda: client.infer("double", [tensor("x", np.zeros((1, 5), np.float32), "FP32")], headers=headers),
    )
    assert wrong.status() == "400" and "expected shape" in wrong.message(), wrong
    version = refused(InferenceServerException, lambda: ask_double(client, headers, model_version="v9"))
    assert version.status() == "404", version


@check
def authentication(settings):
    """a call without a key is refused at the origin"""
    client = http.InferenceServerClient(url_of(settings, "origin"))
    error = refused(InferenceServerException, lambda: ask_double(client, {}))
    assert error.status() == "401", error


@check
def statistics(settings):
    """statistics and repository index at the origin"""
    client = http.InferenceServerClient(url_of(settings, "origin"))
    ask_double(client, settings.headers, rows=3)
    counted = client.get_inference_statistics("double", headers=settings.headers)["model_stats"][0]
    assert counted["name"] == "double" and counted["inference_count"] >= 3, counted
    assert counted["inference_stats"]["success"]["count"] >= 1, counted
    index = client.get_model_repository_index(headers=settings.headers)
    assert {"double", "echo"} <= {entry["name"] for entry in index}, index
    refused(InferenceServerException, lambda: client.load_model("double", headers=settings.headers))


@check
def asyncio_client(settings):
    """the client for asyncio"""

    async def work():
        async with http_aio.InferenceServerClient(url_of(settings, "origin")) as client:
            assert await client.is_server_live()
            answer = await client.infer("double", [tensor("x", four(), "FP32")], headers=settings.headers)
            same(answer.as_numpy("y"), four() * 2)

    asyncio.run(work())


if __name__ == "__main__":
    run("http")
