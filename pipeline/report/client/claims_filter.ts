/** Filters the claims by words, verdict and part. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

export function addFilter(form: HTMLFormElement): void {
  const list = document.getElementById(form.dataset.filter!)!;
  const claims = [...list.querySelectorAll<HTMLDetailsElement>(":scope > details")];
  const texts = new Map(claims.map((claim) => [claim, claim.textContent!.toLowerCase()]));
  const output = form.querySelector("output")!;
  const unfold = form.querySelector<HTMLButtonElement>("[data-unfold]")!;
  const filter = () => {
    const wanted = new FormData(form);
    const words = String(wanted.get("text")).toLowerCase().split(/\s+/).filter((word) =>
      word !== ""
    );
    const verdict = wanted.get("verdict");
    const group = wanted.get("group");
    let shown = 0;
    for (const claim of claims) {
      const fits = (verdict === "" || claim.dataset.verdict === verdict) &&
        (group === "" || claim.dataset.group === group) &&
        words.every((word) => texts.get(claim)!.includes(word));
      claim.hidden = !fits;
      if (fits) shown++;
    }
    output.textContent = shown === claims.length
      ? `${shown} ${shown === 1 ? "claim" : "claims"}`
      : `${shown} of ${claims.length}`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  unfold.addEventListener("click", () => {
    const opening = unfold.textContent === "Open all";
    for (const claim of claims) if (!claim.hidden) claim.open = opening;
    unfold.textContent = opening ? "Close all" : "Open all";
  });
  form.hidden = false;
  filter();
}
