/** The inference engine; no other file uses it. Runs in the worker. */

import * as ort from "../ort/ort.wasm.min.mjs";

const [INPUT, OUTPUT] = ["input", "logits"];
const ERRORS_ONLY = 3; // ONNX Runtime's severity; its warnings would appear in the page's console

/**
 * Start the engine with a model and return the function that runs it.
 *
 * @param {Uint8Array<ArrayBuffer>} engine WebAssembly
 * @param {Uint8Array<ArrayBuffer>} model ONNX
 * @param {{size: number, numClasses: number}} facts
 * @returns {Promise<(input: Float32Array) => Promise<Float32Array>>} from size × size values in [-1, 1] to logits
 * @throws {Error} if the engine cannot start, or the model's input or output is not that of the facts.
 */
export async function createNetwork(engine, model, { size, numClasses }) {
  ort.env.wasm.wasmBinary = engine.buffer;
  ort.env.wasm.wasmPaths = { mjs: new URL("../ort/ort-wasm-simd-threaded.mjs", import.meta.url).href };
  // One thread: more are no faster (docs/measurements.md#webassembly-threads) and need COOP and COEP.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false; // it needs blob: workers, which a strict policy forbids; this code runs in a worker already
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ["wasm"],
    logSeverityLevel: ERRORS_ONLY,
  });
  if (!session.inputNames.includes(INPUT) || !session.outputNames.includes(OUTPUT)) {
    throw new Error(`The model has inputs ${session.inputNames} and outputs ${session.outputNames}: ` +
      `expected ${INPUT} and ${OUTPUT}.`);
  }
  const run = async (input) => {
    const results = await session.run({ [INPUT]: new ort.Tensor("float32", input, [1, 1, size, size]) });
    return /** @type {Float32Array} */ (results[OUTPUT].data);
  };
  const logits = await run(new Float32Array(size * size).fill(-1)); // blank paper; the first run is the slowest
  if (logits.length !== numClasses) {
    throw new Error(`The model has ${logits.length} logits, and its config has ${numClasses} classes.`);
  }
  return run;
}
