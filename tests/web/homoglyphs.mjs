// Reads {"places", "cases": [{"homoglyphs", "strokes", "pad"}]} from standard input and writes the ordered homoglyphs of each case.
import { readFileSync } from "node:fs";
import { inkPlace, orderHomoglyphs } from "../../web/static/kakitori/shared/homoglyphs.js";

/**
 * @import { Pad, Place } from "../../web/static/kakitori/shared/homoglyphs.js"
 * @import { Strokes } from "../../web/static/kakitori/shared/strokes.js"
 *
 * @typedef {{homoglyphs: string[], strokes: Strokes, pad: Pad}} Case
 */

/** @type {{places: Record<string, Place>, cases: Case[]}} */
const { places: table, cases } = JSON.parse(readFileSync(0, "utf-8"));
const places = new Map(Object.entries(table));
process.stdout.write(JSON.stringify(cases.map(({ homoglyphs, strokes, pad }) =>
  orderHomoglyphs(homoglyphs, places, inkPlace(strokes, pad)))));
