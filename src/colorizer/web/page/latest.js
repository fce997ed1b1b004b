/**
 * Return a function that starts work, but not while it is going on: then it starts again when it
 * ends, once, however often it was asked for.
 *
 * @param {() => Promise<void>} work must not fail
 * @returns {() => Promise<void>} resolved when nothing is left to do
 */
export function latest(work) {
  let isWanted = false;
  /** @type {Promise<void> | null} */
  let going = null;
  async function run() {
    while (isWanted) {
      isWanted = false;
      await work();
    }
    going = null;
  }
  return () => {
    isWanted = true;
    going ??= run();
    return going;
  };
}
