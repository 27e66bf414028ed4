/**
 * tractjs 0.4.0: tract 0.15.2 in WebAssembly.
 *
 * Its `load()` never settles in Chromium 156 as it is: the worker is a `data:` address of 7.6 MB. As a blob it starts.
 */

class BlobWorker extends Worker {
  constructor(address, ...rest) {
    super(String(address).startsWith("data:") ? URL.createObjectURL(blobOf(address)) : address, ...rest);
    this.addEventListener("error", (event) => report(event.message));
  }
}

/** Return what a base64 `data:` address holds. */
function blobOf(address) {
  const [head, base64] = address.split(",", 2);
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: head.slice("data:".length).split(";")[0] });
}

/** Rejects when the worker fails: the promises of its calls never settle then. */
let report = () => {};
const died = new Promise((_, reject) => {
  report = (message) => reject(new Error(message));
});
died.catch(() => {});

export async function unavailable() {
  return null;
}

export async function describe() {
  return {};
}

export async function open({ file }, shape) {
  window.Worker = BlobWorker;
  const tractjs = await import("../engine/tractjs.esm.js");
  const inputFacts = { 0: ["float32", [1, ...shape]] };
  const model = await Promise.race([tractjs.load(file, { inputFacts }), died]);
  return {
    run: async (data, dimensions) => {
      const tensor = new tractjs.Tensor(data, dimensions);
      return (await Promise.race([model.predict_one(tensor), died])).data;
    },
    close: () => model.destroy(),
  };
}
