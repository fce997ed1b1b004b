import assert from "node:assert/strict";
import test from "node:test";

import { nameOf } from "../../../src/colorizer/web/page/parts/dot_tools.js";

const PALETTE = { sky: "#6ea6d8", brick: "#a8482f", "no colour": "#808080" };

test("a colour is named by what it is like, whatever its lightness", () => {
  assert.equal(nameOf("#6ea6d8", PALETTE), "like sky, #6ea6d8");
  assert.equal(nameOf("#82bbee", PALETTE), "like sky, #82bbee");
  assert.equal(nameOf("#c9644a", PALETTE), "like brick, #c9644a");
  assert.equal(nameOf("#3a3836", PALETTE), "like no colour, #3a3836");
});

test("a colour that is like none of them has no name", () => {
  assert.equal(nameOf("#8030c0", PALETTE), "#8030c0");
});
