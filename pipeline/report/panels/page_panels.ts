/**
 * Puts a project's panels into the page of a run. Without scripts a panel is not seen, and the charts
 * beside it remain. Its own script, data and modules lie packed in the page until it comes into view.
 */
import { dataBlock, type Html, markup } from "../html/html.ts";
import type { Markdown } from "../html/markdown.ts";
import type { Control, PackedPanel, Panel, PanelContent } from "./panel.ts";

/** A panel with all that a page needs of it. */
export interface PreparedPanel {
  readonly panel: Pick<Panel, "id" | "section" | "below">;
  readonly content: PanelContent;
  /** Its script's text, which the page's policy allows. */
  readonly script: string;
}

export interface Panels {
  /** The panels that stand below a chart of a section. */
  below(section: string, output: string): Html[];
  /** Texts that the page's policy must allow to run. */
  readonly scripts: readonly string[];
  /** True if the page compiles WebAssembly. */
  readonly usesModules: boolean;
  /** All letters that the panels may show. */
  readonly letters: string;
}

export function openPanels(prepared: readonly PreparedPanel[], markdown: Markdown): Panels {
  const drawn = prepared.map(({ panel, content, script }) => ({
    panel,
    html: panelMarkup(panel.id, content, script, markdown),
  }));
  return {
    below: (section, output) =>
      drawn.filter(({ panel }) => panel.section === section && panel.below === output)
        .map(({ html }) => html),
    scripts: prepared.map(({ script }) => script),
    usesModules: prepared.some(({ content }) => Object.keys(content.modules ?? {}).length > 0),
    letters: prepared.map(({ content, script }) => JSON.stringify(content.charts) + script)
      .join(""),
  };
}

function panelMarkup(
  id: string,
  { title, about, controls, charts, data, modules = {} }: PanelContent,
  script: string,
  markdown: Markdown,
): Html {
  const packed: PackedPanel = {
    charts: Object.fromEntries(
      Object.entries(charts).map(([name, { spec, label }]) => [name, { spec, label }]),
    ),
    data,
    modules: Object.keys(modules),
    initial: Object.fromEntries(controls.map(({ name, initial }) => [name, initial])),
  };
  const own = (part: string) => `panel-${id}:${part}`;
  const pictures = Object.entries(charts).map(([name, { title }]) =>
    markup`<div class="chart"><h4>${title}</h4><div class="drawing" data-chart="${name}"></div></div>`
  );
  return markup`<div class="panel" id="panel-${id}" role="group" aria-labelledby="${
    own("title")
  }" hidden>
<h3 id="${own("title")}">${title}</h3>
${markdown.blocks(about)}
<form class="controls" autocomplete="off">
${controls.map((control) => controlMarkup(control, own(`control-${control.name}`)))}
<button type="reset">Reset</button>
</form>
<p class="finding" role="status"></p>
<div class="pictures">${pictures}</div>
<div class="values" tabindex="0" role="region" aria-label="Values"></div>
${dataBlock(own("script"), script)}
${dataBlock(own("data"), JSON.stringify(packed))}
${Object.entries(modules).map(([name, bytes]) => dataBlock(own(`module-${name}`), bytes))}
</div>`;
}

function controlMarkup(control: Control, id: string): Html {
  const { name, label, initial } = control;
  const head = markup`<label for="${id}">${label}</label>`;
  const isSelected = (value: string | number) => value === initial && markup` selected`;
  switch (control.kind) {
    case "choice":
      return markup`<p>${head}<select id="${id}" name="${name}">${
        control.options.map(({ value, label }) =>
          markup`<option value="${value}"${isSelected(value)}>${label}</option>`
        )
      }</select></p>\n`;
    case "range": {
      const { min, max, step } = control;
      const bounds = markup`min="${min}" max="${max}" step="${step}"`;
      const slider =
        markup`<input type="range" id="${id}" name="${name}" ${bounds} value="${initial}">`;
      return markup`<p>${head}<span>${slider}<output for="${id}">${initial}</output></span></p>\n`;
    }
    case "number": {
      const { min, max, presets } = control;
      const isKnown = presets.some(({ value }) => value === initial);
      const options = presets.map(({ value, label }) =>
        markup`<option value="${value}"${isSelected(value)}>${label}</option>`
      );
      const other = markup`<option value=""${!isKnown && markup` selected`}>another value</option>`;
      const bounds = markup`min="${min}" max="${max}" step="any"`;
      const box =
        markup`<input type="number" name="${name}" aria-label="${label}, as a number" ${bounds} value="${initial}" required>`;
      return markup`<p>${head}<span><select id="${id}" data-presets>${options}${other}</select>${box}</span></p>\n`;
    }
  }
}
