// Reads {"places", "cases": [{"readings", "strokes", "pad"}]} from standard input and writes the order of each one's readings.
import { readFileSync } from "node:fs";
import { inkPlace, orderReadings } from "../../web/static/kakitori/shared/readings.js";

const { places, cases } = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(cases.map(({ readings, strokes, pad }) =>
  orderReadings(readings, places, inkPlace(strokes, pad)))));
