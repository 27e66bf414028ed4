/** From a model folder to a network that is ready to run: fetch, verify, start, warm up. Runs in the worker. */

import { modelFacts } from "../shared/classes.js";
import { fetchBytes, fetchJson, verify } from "./download.js";
import { createNetwork } from "./network.js";

const RUNTIME_FOLDER = new URL("../ort/", import.meta.url);

/**
 * @typedef {Object} Progress
 * @property {"facts" | "download" | "start" | "ready"} stage
 * @property {number} loadedBytes of the engine and the model together, unpacked
 * @property {number} totalBytes 0 while it is not known
 * @property {string} [note] at "ready": what could not be done as it should
 */

/**
 * Return a model's facts and its running network.
 *
 * @param {string} baseUrl the model folder, with a final slash
 * @param {string | undefined} variant
 * @param {(progress: Progress) => void} onProgress
 * @returns {Promise<{facts: import("../shared/classes.js").ModelFacts, run: (input: Float32Array) => Promise<Float32Array>}>}
 * @throws {Error} if a file is missing, damaged, or belongs to another model.
 */
export async function load(baseUrl, variant, onProgress) {
  onProgress({ stage: "facts", loadedBytes: 0, totalBytes: 0 });
  const model = (name) => new URL(name, baseUrl);
  // "no-cache" asks the server whether they changed: an old manifest with a new model would be refused.
  const [config, mapping, manifest, runtime] = await Promise.all([
    ...["config.json", "mapping.json", "manifest.json"].map((name) => fetchJson(model(name), "no-cache")),
    fetchJson(new URL("runtime.json", RUNTIME_FOLDER), "no-cache"),
  ]);
  const facts = modelFacts(config, mapping, manifest, variant);
  const files = [
    { url: new URL(runtime.file, RUNTIME_FOLDER), ...runtime },
    { url: model(facts.file.file), ...facts.file },
  ];
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  let loadedBytes = 0;
  const [engine, network] = await Promise.all(files.map((file) => fetchBytes(file.url, file.bytes, (bytes) => {
    loadedBytes += bytes;
    onProgress({ stage: "download", loadedBytes, totalBytes });
  })));
  onProgress({ stage: "start", loadedBytes, totalBytes });
  const verified = await verifyAll(engine, runtime, network, facts);
  const run = await createNetwork(engine, network, facts);
  const note = verified ? undefined : "The model was not verified: hashes need a secure page (https or localhost).";
  onProgress({ stage: "ready", loadedBytes, totalBytes, note });
  return { facts, run };
}

/** Check engine, model and the order of the classes. Returns false where hashes are not available. */
async function verifyAll(engine, runtime, network, facts) {
  const order = new TextEncoder().encode(facts.characters.join(""));
  const results = await Promise.all([
    verify(engine, runtime.sha256, runtime.file),
    verify(network, facts.file.sha256, facts.file.file),
    verify(order, facts.digest, "The order of the classes in mapping.json"),
  ]);
  return results.every(Boolean);
}
