/** The switch between light and dark; what was chosen is remembered where the browser allows it. */
/// <reference lib="dom" />

const key = "fanin-theme";

function remembered(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function addThemeSwitch(button: HTMLButtonElement): void {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const label = () => button.textContent = isDark() ? "Light" : "Dark";
  const chosen = remembered();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem(key, root.dataset.theme);
    } catch { /* A page from disk may not be allowed to. */ }
    label();
  });
  system.addEventListener("change", label);
  label();
  button.hidden = false;
}
