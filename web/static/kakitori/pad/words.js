/**
 * The text that screen readers announce for candidates.
 */

/** @import { Result } from "../shared/candidates.js" */

const ANNOUNCED = 5;

/**
 * Return the first candidates as a sentence; "" where there are none.
 *
 * @param {Result} result
 * @returns {string}
 */
export function announcement({ candidates, unsure }) {
  if (candidates.length === 0) return "";
  const best = candidates.slice(0, ANNOUNCED).map(({ char }, position) => `${position + 1} ${char}`).join(", ");
  return unsure ? `Not sure. Perhaps: ${best}` : `Candidates: ${best}`;
}
