/**
 * The engine onnxruntime-web, by WebAssembly or WebGPU.
 *
 * @typedef {Object} Options
 * @property {string} module file name of the runtime
 * @property {"wasm" | "webgpu"} provider
 * @property {number} threads
 */

/** Return the reason why it cannot run here. @param {Options} options @returns {Promise<string | null>} */
export async function unavailable({ provider, threads }) {
  if (threads > 1 && typeof SharedArrayBuffer === "undefined") {
    return "SharedArrayBuffer is undefined, although the page is served with COOP and COEP: no threads in this browser.";
  }
  if (threads > 1 && !crossOriginIsolated) return "The page is not crossOriginIsolated, so there are no threads.";
  if (provider === "webgpu" && !navigator.gpu) return "navigator.gpu is undefined: this browser has no WebGPU here.";
  if (provider === "webgpu" && !(await navigator.gpu.requestAdapter())) return "WebGPU finds no adapter.";
  return null;
}

/** @param {Options} options @returns {Promise<{threads: number} | {adapter: string}>} */
export async function describe({ provider, threads }) {
  if (provider !== "webgpu") return { threads };
  const adapter = await navigator.gpu.requestAdapter();
  const names = [adapter?.info.vendor, adapter?.info.architecture, adapter?.info.description];
  return { adapter: names.filter(Boolean).join(" ") || "unnamed" };
}

/**
 * @param {import("../probe.js").Subject} subject
 * @param {number[]} _shape
 * @param {Options} options
 * @returns {Promise<import("../probe.js").Session>}
 */
export async function open({ file, input, output }, _shape, { module, provider, threads }) {
  const folder = new URL("../engine/", import.meta.url);
  const runtime = /** @type {unknown} */ (await import(new URL(module, folder).href));
  const ort = /** @type {typeof import("../engine/ort.wasm.min.mjs")} */ (runtime); // all its builds have one interface
  ort.env.wasm.wasmPaths = folder.href;
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(file, { executionProviders: [provider] });
  return {
    run: async (data, shape) => {
      const results = await session.run({ [input]: new ort.Tensor("float32", data, shape) });
      return /** @type {Float32Array<ArrayBuffer>} */ (await results[output].getData(true));
    },
    close: () => session.release(),
  };
}
