/** Data that the page carries deflated and in base64: the library, charts' specifications, panels. */
/// <reference lib="dom" />

function packed(id: string): Response {
  const text = document.getElementById(id)!.textContent!;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Response(
    new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")),
  );
}

/** The text of a data block. */
export const unpack = (id: string): Promise<string> => packed(id).text();

/** The bytes of a data block. */
export const unpackBytes = (id: string): Promise<ArrayBuffer> => packed(id).arrayBuffer();
