import { message } from './message.js';

const contents = {
  bool_contents: [1, 'repeated bool'],
  int_contents: [2, 'repeated int32'],
  int64_contents: [3, 'repeated int64'],
  uint_contents: [4, 'repeated uint32'],
  uint64_contents: [5, 'repeated uint64'],
  fp32_contents: [6, 'repeated float'],
  fp64_contents: [7, 'repeated double'],
  bytes_contents: [8, 'repeated bytes'],
} as const;

/** The fields of `InferTensorContents`: their numbers and names, for the code that reads and writes them itself. */
export type ContentsField = keyof typeof contents;
export const contentsFields = Object.fromEntries(Object.entries(contents).map(([name, [id]]) => [name, id])) as Record<
  ContentsField,
  number
>;

/** The messages of `ModelInfer` and `ModelStreamInfer` (Open Inference Protocol, gRPC). */
export const inferMessages = {
  InferParameter: message(
    {
      bool_param: [1, 'bool'],
      int64_param: [2, 'int64'],
      string_param: [3, 'string'],
      double_param: [4, 'double'],
      uint64_param: [5, 'uint64'],
    },
    {
      oneofs: { parameter_choice: ['bool_param', 'int64_param', 'string_param', 'double_param', 'uint64_param'] },
    },
  ),
  InferTensorContents: message(contents),
  ModelInferRequest: message(
    {
      model_name: [1, 'string'],
      model_version: [2, 'string'],
      id: [3, 'string'],
      parameters: [4, 'map string InferParameter'],
      inputs: [5, 'repeated InferInputTensor'],
      outputs: [6, 'repeated InferRequestedOutputTensor'],
      raw_input_contents: [7, 'repeated bytes'],
    },
    {
      nested: {
        InferInputTensor: message({
          name: [1, 'string'],
          datatype: [2, 'string'],
          shape: [3, 'repeated int64'],
          parameters: [4, 'map string InferParameter'],
          contents: [5, 'InferTensorContents'],
        }),
        InferRequestedOutputTensor: message({ name: [1, 'string'], parameters: [2, 'map string InferParameter'] }),
      },
    },
  ),
  ModelInferResponse: message(
    {
      model_name: [1, 'string'],
      model_version: [2, 'string'],
      id: [3, 'string'],
      parameters: [4, 'map string InferParameter'],
      outputs: [5, 'repeated InferOutputTensor'],
      raw_output_contents: [6, 'repeated bytes'],
    },
    {
      nested: {
        InferOutputTensor: message({
          name: [1, 'string'],
          datatype: [2, 'string'],
          shape: [3, 'repeated int64'],
          parameters: [4, 'map string InferParameter'],
          contents: [5, 'InferTensorContents'],
        }),
      },
    },
  ),
  ModelStreamInferResponse: message({ error_message: [1, 'string'], infer_response: [2, 'ModelInferResponse'] }),
};
