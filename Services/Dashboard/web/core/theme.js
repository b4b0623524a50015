// Light or dark: as the system says, unless a person has chosen. A plain script, run before the first paint, so that nothing flashes.
(() => {
  const KEY = "vortex7.theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = remembered();

  // A browser may be told to keep nothing; the choice then lasts as long as the page.
  function remembered() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  function remember() {
    try {
      localStorage.setItem(KEY, chosen);
    } catch {}
  }

  function apply() {
    document.documentElement.dataset.theme = chosen ?? (system.matches ? "dark" : "light");
    dispatchEvent(new Event("themechange"));
  }

  function toggle() {
    chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    remember();
    apply();
  }

  system.addEventListener("change", apply);
  globalThis.theme = { toggle };
  apply();
})();
