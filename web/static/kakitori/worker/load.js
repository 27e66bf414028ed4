/** Loads a model folder: download, verify, start the engine, warm up. Runs in the worker. */

/**
 * @import { ModelFacts } from "../shared/model.js"
 * @import { Run } from "./network.js"
 */

import { modelFacts, verifyDigests } from "../shared/model.js";
import { fetchBytes, fetchJson, verify } from "./download.js";
import { createNetwork } from "./network.js";

const RUNTIME_FOLDER = new URL("../ort/", import.meta.url);

/**
 * @typedef {Object} Progress
 * @property {"facts" | "download" | "start" | "ready"} stage
 * @property {number} loadedBytes of the engine and the network together, uncompressed
 * @property {number} totalBytes 0 until it is known
 * @property {string} [note] at "ready": a check that was not possible
 */

/** @typedef {{file: string, bytes: number, sha256: string}} Download a file's name or path, its bytes and its hex SHA-256 */

/**
 * @typedef {Object} Model
 * @property {ModelFacts} facts
 * @property {Run} run
 */

/**
 * Return a model's facts and the function that runs its network.
 *
 * @param {string} baseUrl the model folder, with a final slash
 * @param {string | undefined} variant
 * @param {(progress: Progress) => void} onProgress
 * @returns {Promise<Model>}
 * @throws {Error} if a file is missing, damaged, or belongs to another model.
 */
export async function load(baseUrl, variant, onProgress) {
  onProgress({ stage: "facts", loadedBytes: 0, totalBytes: 0 });
  /** @param {string} name */
  const model = (name) => new URL(name, baseUrl);
  // "no-cache" revalidates with the server: a cached manifest beside a newer network would be refused.
  const [config, mapping, manifest, runtimeFile] = await Promise.all([
    ...["config.json", "mapping.json", "manifest.json"].map((name) => fetchJson(model(name), "no-cache")),
    fetchJson(new URL("runtime.json", RUNTIME_FOLDER), "no-cache"),
  ]);
  const runtime = /** @type {Download} */ (runtimeFile); // built with this library
  const facts = modelFacts(config, mapping, manifest, variant);
  const digestsVerified = await verifyDigests(config, facts);
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
  const filesVerified = await Promise.all([
    verify(engine, runtime.sha256, runtime.file),
    verify(network, facts.file.sha256, facts.file.file),
  ]);
  const run = await createNetwork(engine, network, facts);
  const isVerified = digestsVerified && filesVerified.every(Boolean);
  const note = isVerified ? undefined : "The model was not verified: hashes need a secure page (https or localhost).";
  onProgress({ stage: "ready", loadedBytes, totalBytes, note });
  return { facts, run };
}
