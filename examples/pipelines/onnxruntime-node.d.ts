/**
 * What robots.ts uses of onnxruntime-node, which this repository does not install (its libraries are 288 MB). Your own
 * project, which has it, needs no such file.
 */
declare module 'onnxruntime-node' {
  export class Tensor {
    constructor(type: 'float32', data: Float32Array, dims: readonly number[]);
    readonly data: Float32Array;
  }
  export class InferenceSession {
    static create(
      model: Uint8Array,
      options?: { readonly intraOpNumThreads?: number; readonly interOpNumThreads?: number },
    ): Promise<InferenceSession>;
    run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  }
}
