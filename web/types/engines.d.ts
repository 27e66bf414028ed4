// The inference engines, at the addresses where the site and the probe page serve them.

declare module "*/ort.wasm.min.mjs" {
  export * from "onnxruntime-common";
}

/** What the probe uses of tractjs 0.4.0, whose own declarations import packages that it does not install. */
declare module "*/engine/tractjs.esm.js" {
  type Fact = ["float32", number[]];

  export class Tensor {
    constructor(data: Float32Array, shape: number[]);
    data: Float32Array<ArrayBuffer>;
  }

  interface Model {
    predict_one(input: Tensor): Promise<Tensor>;
    destroy(): Promise<void>;
  }

  export function load(url: string, options: { inputFacts: Record<number, Fact> }): Promise<Model>;
}
