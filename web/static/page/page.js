/** The page: connects the pad, the candidates, the text field and the recognizer. */

/**
 * @import { Result } from "../kakitori/index.js"
 * @import { KanjiPad } from "../kakitori/pad.js"
 */

import "../kakitori/pad.js";
import { createRecognizer } from "../kakitori/index.js";
import { announcement } from "../kakitori/pad/words.js";
import { noCandidates } from "../kakitori/shared/candidates.js";
import { createBoard } from "./board.js";
import { createLine } from "./line.js";
import { createLoading } from "./loading.js";
import { createModels } from "./models.js";
import { enableOffline, keepModel } from "./offline.js";
import { createPictures } from "./picture.js";

const CANDIDATES = 9; // one for each card, and for the keys 1 to 9
/** @param {string} id */
const find = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const pad = /** @type {KanjiPad} */ (find("pad"));
const [undo, redo, clear] = ["undo", "redo", "clear"].map((id) => /** @type {HTMLButtonElement} */ (find(id)));

/** @type {Result} what the board shows */
let shown = noCandidates();
/** @type {ImageData | null} the picture that is recognized instead of strokes */
let picture = null;

const append = createLine(find);
const fillBoard = createBoard(find("board"), choose);
const loading = createLoading(find, () => void start());
const select = /** @type {HTMLSelectElement | null} */ (document.getElementById("model"));
const modelFolder = createModels(select, () => void start());
const hidePicture = createPictures(find, takePicture, (error) => loading.trouble(error, false));

/** @param {Result} result */
function show(result) {
  shown = result;
  fillBoard(result.candidates);
  find("desk").classList.toggle("unsure", result.candidates.length > 0 && result.unsure);
  find("picture-status").textContent = picture ? announcement(result) : ""; // the pad announces those of its strokes
}

/** @param {number} position */
function choose(position) {
  const candidate = shown.candidates[position];
  if (!candidate) return;
  append(candidate.char);
  wipe();
}

function wipe() {
  dropPicture();
  pad.clear();
  pad.focus({ preventScroll: true });
}

/** @param {ImageData} image */
function takePicture(image) {
  pad.clear();
  picture = image;
  loading.calm();
  refreshTools();
  void readPicture();
}

function dropPicture() {
  if (picture === null) return;
  picture = null;
  hidePicture();
  show(noCandidates());
  refreshTools();
}

async function readPicture() {
  const image = picture;
  if (image === null || pad.recognizer === null) return; // recognized when a model is loaded
  try {
    const result = await pad.recognizer.recognizeImage(image, { topK: CANDIDATES });
    if (picture !== image) return; // replaced meanwhile
    show(result);
    if (result.candidates.length === 0) loading.trouble(new Error("The picture shows no ink: no pixel differs enough from the paper."), false);
  } catch (error) {
    if (picture === image) loading.trouble(error, false);
  }
}

/** @param {KeyboardEvent} event */
function handlePictureKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" || event.key === "Delete") wipe();
  else if (/^[1-9]$/.test(event.key)) choose(Number(event.key) - 1);
  else return;
  event.preventDefault();
}

function refreshTools() {
  undo.disabled = !pad.canUndo;
  redo.disabled = !pad.canRedo;
  clear.disabled = pad.strokes.length === 0 && picture === null;
  find("invite").hidden = !clear.disabled || !find("loading").hidden;
}

/** Load the chosen model; until then the model loaded before stays in use. */
async function start() {
  const folder = modelFolder();
  const { dataset } = document.documentElement;
  dataset.state = "loading";
  try {
    const recognizer = await createRecognizer({
      baseUrl: new URL(`../${folder}`, import.meta.url),
      onProgress: (progress) => {
        if (folder !== modelFolder()) return;
        loading.progress(progress);
        refreshTools();
      },
    });
    if (folder !== modelFolder()) return recognizer.close(); // another was chosen meanwhile
    pad.recognizer?.close();
    pad.recognizer = recognizer;
  } catch (error) {
    if (folder === modelFolder()) loading.trouble(error, true);
    return;
  }
  dataset.state = "ready";
  void readPicture();
  if (await enableOffline()) await keepModel(folder);
  else find("offline").textContent = "offline where it is served over https";
}

pad.addEventListener("candidates", ({ detail }) => {
  if (picture === null) show(detail);
});
pad.addEventListener("select", ({ detail }) => choose(shown.candidates.indexOf(detail)));
pad.addEventListener("failure", ({ detail }) => loading.trouble(detail, false));
pad.addEventListener("ink", () => {
  if (pad.strokes.length > 0) dropPicture();
  loading.calm();
  refreshTools();
});
undo.addEventListener("click", () => pad.undo());
redo.addEventListener("click", () => pad.redo());
clear.addEventListener("click", wipe);
// Keys have the same action wherever the focus is, except in fields. In the capture phase: before the pad's own handler.
document.addEventListener("keydown", (event) => {
  if (event.target instanceof Element && event.target.closest("input, select")) return;
  if (picture === null) pad.handleKey(event);
  else handlePictureKey(event);
}, { capture: true });
void start();
