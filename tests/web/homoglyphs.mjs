// Reads {"places", "cases": [{"homoglyphs", "strokes", "pad"}]} from standard input and writes the order of each one's homoglyphs.
import { readFileSync } from "node:fs";
import { inkPlace, orderHomoglyphs } from "../../web/static/kakitori/shared/homoglyphs.js";

const { places, cases } = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(cases.map(({ homoglyphs, strokes, pad }) =>
  orderHomoglyphs(homoglyphs, places, inkPlace(strokes, pad)))));
