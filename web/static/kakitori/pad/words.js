/**
 * The text that screen readers announce for candidates.
 */

/** @import { Candidates } from "../shared/candidates.js" */

const ANNOUNCED = 5;

/**
 * Return the first candidates as a sentence; "" where there are none.
 *
 * @param {Candidates} candidates
 * @returns {string}
 */
export function announcement(candidates) {
  if (candidates.length === 0) return "";
  const best = candidates.slice(0, ANNOUNCED).map(({ char }, position) => `${position + 1} ${char}`).join(", ");
  return candidates.unsure ? `Not sure. Perhaps: ${best}` : `Candidates: ${best}`;
}
