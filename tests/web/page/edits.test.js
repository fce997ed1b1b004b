import assert from "node:assert/strict";
import test from "node:test";

import {
  History, MOST_STRENGTH, usableStrength, withChanged,
} from "../../../src/colorizer/web/page/edits.js";

const PLAIN = { dots: [], strength: 1 };
const DOT = { x: 0.5, y: 0.5, color: "#a8482f" };

test("strengths are kept within what the slider offers", () => {
  assert.equal(usableStrength(7, 1), MOST_STRENGTH);
  assert.equal(usableStrength(-1, 1), 0);
  assert.equal(usableStrength(NaN, 0.3), 0.3);
  assert.equal(usableStrength(Infinity, 0.3), 0.3);
  assert.equal(usableStrength(0.7, 1), 0.7);
});

test("a dot is changed within the photograph, and the others stay", () => {
  const dots = [DOT, { ...DOT, x: 0 }];

  assert.deepEqual(withChanged(dots, 0, { x: 1.5, y: -1 }), [{ ...DOT, x: 1, y: 0 }, dots[1]]);
  assert.deepEqual(withChanged(dots, 1, { color: "#000000" })[1].color, "#000000");
  assert.deepEqual(dots[0], DOT);
});

test("steps are undone and redone, one by one", () => {
  const history = new History(PLAIN);
  history.change({ strength: 0.5 });
  history.change({ dots: [DOT] });

  history.undo();
  assert.deepEqual(history.now, { dots: [], strength: 0.5 });
  history.undo();
  assert.deepEqual(history.now, PLAIN);
  assert.equal(history.canUndo, false);
  history.redo();
  history.redo();
  assert.deepEqual(history.now, { dots: [DOT], strength: 0.5 });
  assert.equal(history.canRedo, false);
});

test("a gesture is one step, and a new one begins when it has settled", () => {
  const history = new History(PLAIN);
  for (const strength of [0.9, 0.8, 0.7]) history.change({ strength }, "strength");
  history.settle();
  history.change({ strength: 0.6 }, "strength");

  history.undo();
  assert.equal(history.now.strength, 0.7);
  history.undo();
  assert.equal(history.now.strength, 1);
});

test("a step after undoing leaves nothing to redo", () => {
  const history = new History(PLAIN);
  history.change({ strength: 0.5 });
  history.undo();
  history.change({ strength: 2 });

  history.redo();
  assert.equal(history.now.strength, 2);
});
