/* The theme of a page that the server answers with itself: the choice that the other pages keep under "theme", else the device's. Without
   scripts it is light. */
(() => {
  "use strict";

  const device = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  }

  function show() {
    const mode = chosen();
    const dark = mode === "dark" || (mode !== "light" && device.matches);
    document.documentElement.className = dark ? "dark" : "light";
  }

  device.addEventListener("change", show);
  show();
})();
