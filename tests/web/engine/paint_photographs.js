/**
 * Paint photographs with the network, for tests/web/test_engine_agrees.py.
 *
 *     node tests/web/engine/paint_photographs.js FOLDER
 *
 * FOLDER holds card.json, model, weights and photographs.json, a list of {name, size, hints}, with
 * the RGBA of each in a file of its name; the results are written beside it as NAME.painted.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import * as runtime from "onnxruntime-web/wasm";

import { Painter } from "../../../src/colorizer/web/page/engine/full_size.js";
import { abOf } from "../../../src/colorizer/web/page/engine/lab.js";
import { Network } from "../../../src/colorizer/web/page/engine/network.js";
import { readView, viewSize } from "../../../src/colorizer/web/page/engine/view.js";

const [folder] = process.argv.slice(2);
const read = (name) => readFileSync(join(folder, name));
const card = JSON.parse(read("card.json"));
const network = await Network.load(runtime, read("model"), read("weights"), card, 1);

for (const { name, size: [width, height], hints } of JSON.parse(read("photographs.json"))) {
  const rgba = new Uint8ClampedArray(read(name));
  const rows = (top, bottom) => rgba.slice(4 * width * top, 4 * width * bottom);
  const pixels = { width, height, rows };
  const seen = viewSize(pixels, card.side, card.size_multiple);
  const placed = hints.map(({ x, y, color }) => ({ x, y, ab: abOf(color) }));
  const chroma = await network.predict(readView(pixels, seen), seen.width, seen.height, placed);
  const painter = new Painter(chroma, card.saturation, pixels, (size) => readView(pixels, size));
  painter.paint(rgba, 0, rgba);
  writeFileSync(join(folder, `${name}.painted`), rgba);
}
