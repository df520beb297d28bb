"""The official gRPC client, against the origin."""

import asyncio
import queue

import grpc
import numpy as np
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

from checks import check, four, refused, run, same, samples


def tensor(name, data, datatype):
    given = triton.InferInput(name, list(data.shape), datatype)
    given.set_data_from_numpy(data)
    return given


def with_client(work):
    """A check that is given a client and the headers of a caller."""

    def alone(settings):
        with triton.InferenceServerClient(settings.grpc_url) as client:
            work(client, settings.headers)

    alone.__doc__ = work.__doc__
    alone.__name__ = work.__name__
    return check(alone)


def ask_double(client, headers, rows=1, **more):
    return client.infer("double", [tensor("x", four(rows), "FP32")], headers=headers, **more)


@with_client
def health(client, headers):
    """live, ready, and ready by model and version"""
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("double", headers=headers)
    assert client.is_model_ready("double", "v1", headers=headers)
    assert not client.is_model_ready("nope", headers=headers)


@with_client
def metadata(client, headers):
    """server metadata, model metadata and configuration"""
    assert client.get_server_metadata(headers=headers).name == "brink"
    model = client.get_model_metadata("double", headers=headers, as_json=True)
    assert model["inputs"] == [{"name": "x", "datatype": "FP32", "shape": ["-1", "4"]}], model
    config = client.get_model_config("double", headers=headers).config
    assert config.name == "double" and config.input[0].name == "x", config
    assert config.platform == "onnxruntime_onnx" and config.backend == "onnxruntime", config


@with_client
def every_datatype(client, headers):
    """every datatype, in and out, and the request's id"""
    inputs = [tensor(f"in_{name}", data, name) for name, data in samples().items()]
    answer = client.infer("echo", inputs, headers=headers, request_id="seven")
    assert answer.get_response().id == "seven" and answer.get_response().model_version == "v1"
    for name, data in samples().items():
        same(answer.as_numpy(f"out_{name}"), data)


@check
def typed_contents(settings):
    """typed contents, which the client's own stub can send, are answered typed"""
    request = service_pb2.ModelInferRequest(model_name="double")
    given = request.inputs.add(name="x", datatype="FP32", shape=[1, 4])
    given.contents.fp32_contents.extend([1, 2, 3, 4])
    with grpc.insecure_channel(settings.grpc_url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        answer = stub.ModelInfer(request, metadata=tuple(settings.headers.items()))
    assert list(answer.outputs[0].contents.fp32_contents) == [2, 4, 6, 8], answer
    assert list(answer.outputs[0].shape) == [1, 4] and len(answer.raw_output_contents) == 0, answer


@with_client
def some_outputs(client, headers):
    """requested outputs only"""
    inputs = [tensor(f"in_{name}", data, name) for name, data in samples().items()]
    outputs = [triton.InferRequestedOutput("out_BYTES"), triton.InferRequestedOutput("out_INT8")]
    answer = client.infer("echo", inputs, outputs=outputs, headers=headers)
    assert [output.name for output in answer.get_response().outputs] == ["out_BYTES", "out_INT8"]
    same(answer.as_numpy("out_BYTES"), samples()["BYTES"])


@with_client
def classification(client, headers):
    """classification: the highest of an output, with their indices"""
    outputs = [triton.InferRequestedOutput("y", class_count=2)]
    answer = client.infer("double", [tensor("x", four(2), "FP32")], outputs=outputs, headers=headers)
    got = [[value.decode().split(":")[1] for value in row] for row in answer.as_numpy("y")]
    assert got == [["3", "2"], ["3", "2"]], got


@with_client
def compression(client, headers):
    """gzip and deflate, of requests"""
    data = np.zeros((2000, 4), np.float32)
    for algorithm in ("gzip", "deflate"):
        answer = client.infer("double", [tensor("x", data, "FP32")], headers=headers, compression_algorithm=algorithm)
        same(answer.as_numpy("y"), data)


@with_client
def large(client, headers):
    """messages of 16 MB, four times gRPC's usual limit"""
    data = np.ones((1_000_000, 4), np.float32)
    same(client.infer("double", [tensor("x", data, "FP32")], headers=headers).as_numpy("y"), data * 2)


@with_client
def asynchronous(client, headers):
    """async_infer: several requests at once"""
    answers = queue.Queue()
    for rows in (1, 2, 3, 4):
        inputs = [tensor("x", four(rows), "FP32")]
        client.async_infer("double", inputs, lambda result, error: answers.put((result, error)), headers=headers)
    sizes = []
    for _ in range(4):
        result, error = answers.get(timeout=60)
        assert error is None, error
        rows = result.as_numpy("y").shape[0]
        same(result.as_numpy("y"), four(rows) * 2)
        sizes.append(rows)
    assert sorted(sizes) == [1, 2, 3, 4], sizes


@with_client
def parameters(client, headers):
    """priority, timeout and parameters of one's own"""
    answer = ask_double(client, headers, priority=1, timeout=30_000_000, parameters={"note": "x", "count": 3, "on": True})
    same(answer.as_numpy("y"), four() * 2)


@with_client
def errors(client, headers):
    """errors keep their status and their words"""
    unknown = refused(InferenceServerException, lambda: client.infer("nope", [tensor("x", four(), "FP32")], headers=headers))
    assert unknown.status() == "StatusCode.NOT_FOUND", unknown.status()
    wrong = refused(
        InferenceServerException,
        lambda: client.infer("double", [tensor("x", np.zeros((1, 5), np.float32), "FP32")], headers=headers),
    )
    assert wrong.status() == "StatusCode.INVALID_ARGUMENT" and "expected shape" in wrong.message(), wrong
    keyless = refused(InferenceServerException, lambda: ask_double(client, {}))
    assert keyless.status() == "StatusCode.UNAUTHENTICATED", keyless
    memory = refused(InferenceServerException, lambda: client.get_system_shared_memory_status(headers=headers))
    assert memory.status() == "StatusCode.UNIMPLEMENTED", memory
    late = refused(InferenceServerException, lambda: ask_double(client, headers, client_timeout=0.000001))
    assert late.status() == "StatusCode.DEADLINE_EXCEEDED", late


@with_client
def statistics(client, headers):
    """statistics and repository index"""
    ask_double(client, headers, rows=3)
    counted = client.get_inference_statistics("double", headers=headers).model_stats[0]
    assert counted.name == "double" and counted.inference_count >= 3, counted
    assert counted.inference_stats.success.count >= 1 and counted.inference_stats.success.ns > 0, counted
    index = client.get_model_repository_index(headers=headers)
    assert {"double", "echo"} <= {model.name for model in index.models}, index
    refused(InferenceServerException, lambda: client.load_model("double", headers=headers))


@with_client
def streaming(client, headers):
    """a stream: answers with their ids, errors among them, and it goes on"""
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)), headers=headers)
    for number in range(10):
        client.async_stream_infer("double", [tensor("x", four(number + 1), "FP32")], request_id=str(number))
    rows = {}
    for _ in range(10):
        result, error = answers.get(timeout=60)
        assert error is None, error
        rows[result.get_response().id] = result.as_numpy("y").shape[0]
    assert rows == {str(number): number + 1 for number in range(10)}, rows
    client.async_stream_infer("nope", [tensor("x", four(), "FP32")], request_id="bad")
    result, error = answers.get(timeout=60)
    assert error is not None and "nope" in error.message(), error
    client.async_stream_infer("double", [tensor("x", four(), "FP32")], request_id="after")
    result, error = answers.get(timeout=60)
    assert error is None and result.get_response().id == "after", error
    client.stop_stream()


@check
def asyncio_client(settings):
    """the client for asyncio, calls and a stream"""

    async def work():
        async with triton_aio.InferenceServerClient(settings.grpc_url) as client:
            inputs = [tensor("x", four(), "FP32")]
            answer = await client.infer("double", inputs, headers=settings.headers)
            same(answer.as_numpy("y"), four() * 2)

            async def requests():
                for number in range(3):
                    yield {"model_name": "double", "inputs": inputs, "request_id": str(number)}

            seen = []
            async for result, error in client.stream_infer(requests(), headers=settings.headers):
                assert error is None, error
                seen.append(result.get_response().id)
            assert sorted(seen) == ["0", "1", "2"], seen

    asyncio.run(work())


@check
def health_service(settings):
    """grpc.health.v1.Health says SERVING"""
    with grpc.insecure_channel(settings.grpc_url) as channel:
        ask = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert ask(b"") == b"\x08\x01", ask(b"")


if __name__ == "__main__":
    run("grpc")
