// Reads {"temperature", "logits": [[…], …]} from standard input and writes the probabilities of each.
import { readFileSync } from "node:fs";
import { softmax } from "../../web/static/kakitori/shared/confidence.js";

/** @type {{temperature: number, logits: number[][]}} */
const { temperature, logits } = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(logits.map((row) => [...softmax(Float32Array.from(row), temperature)])));
