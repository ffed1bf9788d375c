/** Reads a panel's form: the values of its controls by their names. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Settings } from "../panels/panel.ts";

/** Calls `changed` with the settings at every change, or with what is wrong with them as a sentence. */
export function watchSettings(
  form: HTMLFormElement,
  changed: (settings: Settings | string) => void,
): void {
  const read = () => {
    for (const output of form.querySelectorAll("output")) {
      const control = document.getElementById(output.htmlFor.value) as HTMLInputElement;
      output.textContent = control.value;
    }
    const wrong = form.querySelector<HTMLInputElement>("input:invalid");
    changed(wrong === null ? settingsOf(form) : wrong.validationMessage);
  };
  for (const list of form.querySelectorAll<HTMLSelectElement>("[data-presets]")) {
    const box = list.parentElement!.querySelector("input")!;
    list.addEventListener("input", () => {
      if (list.value === "") box.focus();
      else box.value = list.value;
    });
    box.addEventListener("input", () => {
      const known = [...list.options].some(({ value }) => value === box.value);
      list.value = known ? box.value : "";
    });
  }
  form.addEventListener("input", read);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The event comes before the values.
  form.addEventListener("reset", () => setTimeout(read));
}

/** Numbers of sliders and boxes, texts of lists. */
function settingsOf(form: HTMLFormElement): Settings {
  const named = [...form.elements].filter((element) =>
    element instanceof HTMLInputElement || element instanceof HTMLSelectElement
  ).filter(({ name }) => name !== "");
  return Object.fromEntries(named.map((element) => [
    element.name,
    element instanceof HTMLInputElement ? element.valueAsNumber : element.value,
  ]));
}
