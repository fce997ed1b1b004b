import assert from "node:assert/strict";
import test from "node:test";

import { readProject, writeProject } from "../../../src/colorizer/web/page/project.js";

const EDITS = {
  dots: [
    { x: 0.25, y: 1, color: "#a8482f", reach: null }, { x: 0, y: 1, color: "#000000", reach: 0.5 },
  ],
  strength: 0.5,
  size: 256,
};

test("a project is read as it was written", () => {
  const text = writeProject("general", [{ name: "räder.jpg", edits: EDITS }]);

  assert.deepEqual(readProject(text), new Map([["räder.jpg", EDITS]]));
});

test("what cannot be used of a project is left out", () => {
  const project = JSON.parse(writeProject("general", [{ name: "a.png", edits: EDITS }]));
  project.photographs[0].strength = 9;
  project.photographs[0].dots[1].reach = 7;
  project.photographs[0].size = 1e9;
  project.photographs[0].dots.push({ x: 2, y: 0, color: "#000000" }, { x: 0, y: 0, color: "red" }, null);

  project.photographs.push(null);
  const [first, second] = EDITS.dots;

  const read = readProject(JSON.stringify(project)).get("a.png");
  assert.deepEqual(read, { dots: [first, { ...second, reach: 1 }], strength: 2, size: null });
});

test("dots of the first version reach as far as the network lets them", () => {
  const project = JSON.parse(writeProject("general", [{ name: "a.png", edits: EDITS }]));
  for (const dot of project.photographs[0].dots) delete dot.reach;
  project.version = 1;

  const read = readProject(JSON.stringify(project)).get("a.png");
  assert.deepEqual(read.dots.map(({ reach }) => reach), [null, null]);
});

test("other files and later versions are refused in words", () => {
  for (const text of ["", "[]", "{}", '{"kind": "other", "photographs": []}']) {
    assert.throws(() => readProject(text), /no project of colorizer/);
  }
  const later = { ...JSON.parse(writeProject("general", [])), version: 3 };
  assert.throws(() => readProject(JSON.stringify(later)), /of version 3; this page reads 1 and 2/);
});
