/**
 * Calibrated probabilities and the rejection of unsure answers. Mirrors kakitori/confidence.py; equality is tested.
 * Uses neither the document nor the inference engine.
 */

/**
 * @typedef {Object} Confidence
 * @property {number} temperature probabilities are the softmax of logits / temperature
 * @property {number} rejectionTemperature of the softmax whose largest probability is the rejection score
 * @property {number} threshold an answer is unsure where its rejection score is below
 */

/**
 * Return the probabilities of logits in float64; they sum to 1.
 *
 * @param {ArrayLike<number>} logits one per class
 * @param {number} temperature
 * @returns {Float64Array}
 * @throws {Error} if a logit is NaN or infinite.
 */
export function softmax(logits, temperature) {
  const values = Float64Array.from(logits);
  const broken = values.filter((value) => !Number.isFinite(value)).length;
  if (broken > 0) {
    throw new Error(`The network answered with NaN or infinity in ${broken} of ${values.length} logits: ` +
      "its file or its weights are damaged. Copy the model folder again, or export it again.");
  }
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = values.map((value) => Math.exp((value - highest) / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * Return the best class's probability.
 *
 * @param {ArrayLike<number>} logits
 * @param {number} temperature
 * @returns {number} in (0, 1]
 */
export function bestProbability(logits, temperature) {
  return softmax(logits, temperature).reduce((a, b) => Math.max(a, b), 0);
}

/**
 * Return whether an answer is unsure: its rejection score is below the threshold.
 *
 * @param {ArrayLike<number>} logits
 * @param {Confidence} confidence
 * @returns {boolean}
 */
export function isUnsure(logits, { rejectionTemperature, threshold }) {
  return bestProbability(logits, rejectionTemperature) < threshold;
}
