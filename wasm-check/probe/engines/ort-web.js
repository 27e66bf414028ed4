/** onnxruntime-web, by WebAssembly or WebGPU. Options: module, provider, threads. */

/** @returns {Promise<string | null>} why it cannot run here */
export async function unavailable({ provider, threads }) {
  if (threads > 1 && typeof SharedArrayBuffer === "undefined") {
    return "SharedArrayBuffer is undefined, although the page is served with COOP and COEP: no threads in this browser.";
  }
  if (threads > 1 && !crossOriginIsolated) return "The page is not crossOriginIsolated, so there are no threads.";
  if (provider === "webgpu" && !navigator.gpu) return "navigator.gpu is undefined: this browser has no WebGPU here.";
  if (provider === "webgpu" && !(await navigator.gpu.requestAdapter())) return "WebGPU finds no adapter.";
  return null;
}

export async function describe({ provider, threads }) {
  if (provider !== "webgpu") return { threads };
  const { vendor, architecture, description } = (await navigator.gpu.requestAdapter()).info;
  return { adapter: [vendor, architecture, description].filter(Boolean).join(" ") || "unnamed" };
}

export async function open({ file, input, output }, _shape, { module, provider, threads }) {
  const folder = new URL("../engine/", import.meta.url);
  const ort = await import(new URL(module, folder).href);
  ort.env.wasm.wasmPaths = folder.href;
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(file, { executionProviders: [provider] });
  return {
    run: async (data, shape) => {
      const results = await session.run({ [input]: new ort.Tensor("float32", data, shape) });
      const logits = await results[output].getData(true);
      return logits;
    },
    close: () => session.release(),
  };
}
