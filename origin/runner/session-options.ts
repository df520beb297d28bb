/** An execution provider of onnxruntime, with its own options, passed on as they are. */
export interface Provider {
  /** onnxruntime-node's name: `cpu`, `cuda`, `tensorrt`, `webgpu`, ... */
  readonly name: string;
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

/** How a runner's sessions are made. */
export interface SessionOptions {
  /** Threads within one operator; 0 lets onnxruntime choose. */
  readonly threads: number;
  /** The preferred one first. */
  readonly providers: readonly Provider[];
  /** The GPU that `cuda`, `tensorrt` and `dml` use, when their own options do not name one. */
  readonly deviceId?: number;
  /** Whether idle threads wait in a loop: quicker when the cores are this session's own, theft when they are not. */
  readonly spinning: boolean;
}

export const cpuOnly: readonly Provider[] = [{ name: 'cpu', options: {} }];

/** Those that compute on a GPU, which an instance has to be placed on. */
export const gpuProviders: readonly string[] = ['cuda', 'tensorrt', 'webgpu', 'dml', 'coreml'];
