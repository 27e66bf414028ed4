// Reads {"config", "mapping", "manifest", "cases": [{"logits", "topK", "place"}]} from standard input and writes the
// candidates of each case and whether it is unsure.
import { readFileSync } from "node:fs";
import { rank } from "../../web/static/kakitori/shared/candidates.js";
import { modelFacts } from "../../web/static/kakitori/shared/model.js";

/** @import { InkPlace } from "../../web/static/kakitori/shared/homoglyphs.js" */


const input = readFileSync(0, "utf-8");
/** @type {{config: unknown, mapping: unknown, manifest: unknown, cases: {logits: number[], topK: number, place: InkPlace | null}[]}} */
const { config, mapping, manifest, cases } = JSON.parse(input);
const facts = modelFacts(config, mapping, manifest, undefined);
process.stdout.write(JSON.stringify(cases.map(({ logits, topK, place }) => {
  return rank(Float32Array.from(logits), facts, topK, place);
})));
