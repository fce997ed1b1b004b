/** What went wrong, in words for the visitor. */

/** An error whose message is for the visitor. */
export class PlainError extends Error {}

// How browsers say that memory is used up: none has an error of its own for it.
const OF_MEMORY = /memory|allocat|array length|array buffer/i;

/**
 * The message for the visitor.
 *
 * @param {unknown} error anything that was thrown
 * @returns {string} a sentence or two
 */
export function plainMessage(error) {
  if (error instanceof PlainError) {
    return error.message;
  }
  const told = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError || OF_MEMORY.test(told)) {
    return (
      "There is not enough memory for this photograph in the browser: close other tabs, or open " +
      "a smaller one."
    );
  }
  return `Something went wrong in this page: ${told}`;
}
