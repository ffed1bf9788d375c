/**
 * Collects what the page shows only when a reader opens it: evidence, long tables, facts of jobs. It is
 * packed as one block of data, which `client/open_folds.ts` puts in its places. Without scripts a note says
 * where else it can be read.
 */
import { dataBlock, type Html, markup } from "./html.ts";

export interface Folds {
  /** The place of some content, within a `<details>` that it fills when that is opened. */
  place(content: Html): Html;
  /** All contents so far, as data; false if there are none. */
  data(): Html | false;
  /** All contents so far, as HTML. */
  text(): string;
}

/** `note` is for readers without scripts, and for print. */
export function openFolds(note: Html): Folds {
  const contents: string[] = [];
  return {
    place(content) {
      contents.push(content.text);
      return markup`<div class="fold" data-fold="${
        contents.length - 1
      }"><p class="note">${note}</p></div>`;
    },
    data: () => contents.length > 0 && dataBlock("folds", JSON.stringify(contents)),
    text: () => contents.join(""),
  };
}
