// Reads {"size", "margin", "radius", "strokes": [...], "images": [{"width", "height", "base64"}]} from standard input and
// writes the pixels that the library makes of each, as base64 of float32; null for a picture without ink.
import { readFileSync } from "node:fs";
import { rasteriseImage } from "../../web/static/kakitori/shared/picture.js";
import { rasterise, toTensor } from "../../web/static/kakitori/shared/ink.js";

/**
 * @import { Strokes } from "../../web/static/kakitori/shared/strokes.js"
 *
 * @typedef {{width: number, height: number, base64: string}} Image
 */

/** @type {{size: number, margin: number, radius: number, strokes: Strokes[], images: Image[]}} */
const { size, margin, radius, strokes, images } = JSON.parse(readFileSync(0, "utf-8"));
/** @param {Float32Array | null} pixels */
const encode = (pixels) => pixels && Buffer.from(pixels.buffer).toString("base64");
/** @param {Image} image */
const decode = ({ width, height, base64 }) => ({ width, height, data: new Uint8ClampedArray(Buffer.from(base64, "base64")) });
const inks = strokes.map((drawing) => rasterise(drawing, size, margin, radius));
process.stdout.write(JSON.stringify({
  strokes: inks.map(encode),
  tensors: inks.map((ink) => encode(toTensor(ink))),
  images: images.map((image) => encode(rasteriseImage(decode(image), size, margin))),
}));
