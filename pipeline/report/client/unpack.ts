/** Data that the page carries deflated and in base64: the library, and the charts' specifications. */
/// <reference lib="dom" />

/** The text of a data block. */
export async function unpack(id: string): Promise<string> {
  const packed = document.getElementById(id)!.textContent!;
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(stream).text();
}
