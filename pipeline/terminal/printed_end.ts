/** Reads what a process prints, and keeps the end of it. */

/** Cap on what is kept, in UTF-16 code units. */
const most = 4000;

export async function printedEnd(stream: ReadableStream<Uint8Array>): Promise<string> {
  let end = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as TransformStream)) {
    end = `${end}${text}`.slice(-most);
  }
  return end;
}
