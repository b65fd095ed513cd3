/* Keyboard: presses what carries data-key, moves between data-row links with j and k. Nothing happens while one types, with Ctrl, Alt
   or Cmd held, or while a dialog is open. Also here, because they too must answer before the server can: a busy or just pressed button
   drops further presses, menus close on Escape, the focus returns to where it was when a dialog closes, and a download leaves the
   page connected. */
(() => {
  "use strict";

  const CHORD_MS = 1200;
  const ONCE_MS = 1000;
  const BUSY = '[aria-busy="true"], [aria-disabled="true"]';
  const DIALOG = '[role="dialog"][data-state="open"], [role="alertdialog"][data-state="open"]';

  const visible = (element) => element.getClientRects().length > 0;
  const typing = (element) => element instanceof Element && element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;

  function target(key) {
    return [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(visible) ?? document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  }

  function press(key) {
    const element = target(key);
    if (!element) return false;
    element.focus();
    if (element.matches("input, select, textarea")) element.select?.();
    else element.click();
    return true;
  }

  const rowLinks = () => [...document.querySelectorAll("[data-row]")].filter(visible);

  /* Where j and k go on from when the row that had the focus lost it, moved away, or was left behind on another page. */
  let last = { page: "", href: "", index: -1 };

  document.addEventListener("focusin", (event) => {
    const row = event.target instanceof Element ? event.target.closest("[data-row]") : null;
    if (row) last = { page: location.href, href: row.getAttribute("href"), index: rowLinks().indexOf(row) };
  });

  function following(rows, direction) {
    const focused = rows.indexOf(document.activeElement);
    const known = focused >= 0 ? focused : rows.findIndex((row) => row.getAttribute("href") === last.href);
    if (known >= 0) return known + direction;
    if (last.page === location.href && last.index >= 0) return direction > 0 ? last.index : last.index - 1;
    return direction > 0 ? 0 : rows.length - 1;
  }

  function move(direction) {
    const rows = rowLinks();
    if (!rows.length) return false;
    const row = rows[Math.min(Math.max(following(rows, direction), 0), rows.length - 1)];
    row.focus();
    row.scrollIntoView({ block: "nearest" });
    return true;
  }

  let chord = "";
  let chordTimer;

  function handle(key) {
    if (chord) {
      const both = `${chord} ${key}`;
      chord = "";
      return press(both);
    }
    if (document.querySelector(`[data-key^="${CSS.escape(key)} "]`)) {
      chord = key;
      clearTimeout(chordTimer);
      chordTimer = setTimeout(() => (chord = ""), CHORD_MS);
      return true;
    }
    if (press(key)) return true;
    if (key === "j") return move(1);
    if (key === "k") return move(-1);
    return false;
  }

  /* The trigger of a dialog that has several buttons; it does not take the focus, which goes back to where it was. */
  const open = (button) => document.getElementById(button.dataset.opens)?.click();

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-opens]") : null;
    if (button) open(button);
  });

  const openMenus = () => [...document.querySelectorAll("details.menu[open]")];

  function closeMenus(except) {
    for (const menu of openMenus()) if (!except || !menu.contains(except)) menu.open = false;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = openMenus().find((open) => open.contains(document.activeElement));
      closeMenus();
      menu?.querySelector("summary")?.focus();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      const finder = document.querySelector('[data-key="Ctrl K"]');
      if (finder && !document.querySelector(DIALOG)) { event.preventDefault(); open(finder); }
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key.length !== 1 || typing(event.target) || document.querySelector(DIALOG)) return;
    if (handle(event.key)) event.preventDefault();
  });

  /* What is pressed inside a menu leads elsewhere or opens something: close it. */
  document.addEventListener("click", (event) => {
    const chosen = event.target instanceof Element ? event.target.closest("details.menu :is(a, .menu-item)") : null;
    closeMenus(chosen ? null : event.target);
  });

  /* Before any handler of the page: drop presses on busy, disabled and just pressed buttons. */
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button, a.btn") : null;
    if (!button) return;
    const now = performance.now();
    const repeated = button.dataset.once && now - Number(button.dataset.pressedAt ?? -ONCE_MS) < ONCE_MS;
    if (button.matches(BUSY) || repeated) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (button.dataset.once) {
      button.dataset.pressedAt = String(now);
    }
  }, true);

  /* The focus goes back when a dialog that was opened by the server closes. */
  let outside = null;
  let wasOpen = false;
  document.addEventListener("focusin", (event) => {
    if (!event.target.closest(DIALOG)) outside = event.target;
  });
  new MutationObserver(() => {
    const open = document.querySelector(DIALOG) !== null;
    if (wasOpen && !open) {
      requestAnimationFrame(() => {
        const back = outside?.closest("details:not([open])")?.querySelector("summary") ?? outside;
        if (back?.isConnected && (document.activeElement === document.body || document.activeElement === null)) back.focus();
      });
    }
    wasOpen = open;
  }).observe(document.documentElement, { childList: true, subtree: true });

  /* A link to a file looks like leaving the page until its answer comes; listeners of later scripts would disconnect it for good. */
  let fileAt = -ONCE_MS;
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("a[data-file]")) fileAt = performance.now();
  }, true);
  window.addEventListener("beforeunload", (event) => {
    if (performance.now() - fileAt < ONCE_MS) event.stopImmediatePropagation();
  });
})();
