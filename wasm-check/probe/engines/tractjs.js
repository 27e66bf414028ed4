/**
 * The engine tractjs 0.4.0: tract 0.15.2 in WebAssembly.
 *
 * Its `load()` never settles in Chromium 156 as it is: the worker is a `data:` address of 7.6 MB. As a blob it starts.
 */

class BlobWorker extends Worker {
  /** @param {string | URL} address @param {WorkerOptions} [options] */
  constructor(address, options) {
    const text = String(address);
    super(text.startsWith("data:") ? URL.createObjectURL(blobOf(text)) : address, options);
    this.addEventListener("error", (event) => report(event.message));
  }
}

/** Return the content of a base64 `data:` address. @param {string} address @returns {Blob} */
function blobOf(address) {
  const [head, base64] = address.split(",", 2);
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: head.slice("data:".length).split(";")[0] });
}

/** Reports that the worker failed: the promises of its calls never settle then. @type {(message: string) => void} */
let report = () => {};
/** @type {Promise<never>} */
const died = new Promise((_, reject) => {
  report = (message) => reject(new Error(message));
});
died.catch(() => {});

/** @returns {Promise<null>} no reason: it runs in every browser that its row names */
export function unavailable() {
  return Promise.resolve(null);
}

/** @returns {Promise<Record<string, never>>} no facts */
export function describe() {
  return Promise.resolve({});
}

/**
 * @param {import("../probe.js").Subject} subject
 * @param {number[]} shape of one input
 * @returns {Promise<import("../probe.js").Session>}
 */
export async function open({ file }, shape) {
  window.Worker = BlobWorker;
  const tractjs = await import("../engine/tractjs.esm.js");
  const model = await Promise.race([tractjs.load(file, { inputFacts: { 0: ["float32", [1, ...shape]] } }), died]);
  return {
    run: async (data, dimensions) => {
      const tensor = new tractjs.Tensor(data, dimensions);
      return (await Promise.race([model.predict_one(tensor), died])).data;
    },
    close: () => model.destroy(),
  };
}
