/** The nine candidate cards. */

/** @import { Candidate } from "../kakitori/index.js" */

/** The probability from which on the red ring is drawn. */
const SURE = 0.9;
/** Letters that fit a card at full size. */
const FULL_SIZE_LETTERS = 2;

/** Return a probability as "98.4 %"; "<0.1 %" and ">99.9 %" at the ends. @param {number} probability @returns {string} */
export function percent(probability) {
  if (probability > 0.999) return ">99.9 %";
  if (probability < 0.001) return "<0.1 %";
  return `${(100 * probability).toFixed(1)} %`;
}

/** Return "U+7530"; "" for a class that is no single character. @param {number | null} codePoint @returns {string} */
export function unicode(codePoint) {
  if (codePoint === null) return "";
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * Return the function that shows candidates.
 *
 * @param {HTMLElement} board
 * @param {(position: number) => void} onChoose
 * @returns {(candidates: Candidate[]) => void}
 */
export function createBoard(board, onChoose) {
  const cards = [...board.querySelectorAll("button")];
  cards.forEach((card, position) => card.addEventListener("click", () => onChoose(position)));
  return (candidates) => cards.forEach((card, position) => fill(card, candidates[position]));
}

/** @param {HTMLButtonElement} card @param {Candidate | undefined} candidate */
function fill(card, candidate) {
  /** @param {string} name @param {string} text */
  const write = (name, text) => {
    /** @type {HTMLElement} */ (card.querySelector(`.${name}`)).textContent = text;
  };
  card.disabled = candidate === undefined;
  card.classList.toggle("sure", candidate !== undefined && candidate.probability >= SURE);
  write("glyph", candidate?.char ?? "");
  card.style.setProperty("--scale", String(Math.min(1, FULL_SIZE_LETTERS / [...(candidate?.char ?? "")].length)));
  write("percent", candidate ? percent(candidate.probability) : "");
  write("jis", candidate ? `JIS ${candidate.jis ?? "none"}` : "");
  write("unicode", candidate ? unicode(candidate.codePoint) : "");
  card.style.setProperty("--share", String(candidate?.probability ?? 0));
}
