/** Server-sent events: each block of text that ends with an empty line is one. */

/**
 * The events of an answer, as they come.
 *
 * @param {Response} answer
 */
export async function* sentEvents(answer) {
  let text = "";
  for await (const some of answer.body.pipeThrough(new TextDecoderStream())) {
    text += some;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data: "));
      if (data.length) yield JSON.parse(data.map((line) => line.slice(6)).join("\n"));
    }
  }
}
