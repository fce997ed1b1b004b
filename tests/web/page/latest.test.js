import assert from "node:assert/strict";
import test from "node:test";

import { latest } from "../../../src/colorizer/web/page/latest.js";

test("work that is asked for while it goes on is done once more", async () => {
  let [going, most, done] = [0, 0, 0];
  const draw = latest(async () => {
    going += 1;
    most = Math.max(most, going);
    await new Promise((resolve) => setTimeout(resolve, 5));
    going -= 1;
    done += 1;
  });

  await Promise.all([draw(), draw(), draw()]);
  assert.deepEqual([most, done], [1, 2]);
  await draw();
  assert.equal(done, 3);
});
