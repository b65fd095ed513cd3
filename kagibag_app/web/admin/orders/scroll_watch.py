"""Tells the server whether somebody is in the middle of a list."""

from __future__ import annotations

from typing import Any

import reflex as rx

AWAY_PIXELS = 48


class ScrollWatch(rx.Component):
    """Calls a handler with true when the top goes out of sight or a row takes the focus, with false when both are over."""

    tag = "KagibagScrollWatch"

    away: rx.Var[int]
    on_turn: rx.EventHandler[rx.event.passthrough_event_spec(bool)]

    def add_imports(self) -> dict[str, list[str]]:
        """React's hooks."""
        return {"react": ["useEffect", "useRef"]}

    def add_custom_code(self) -> list[str]:
        """The component itself: it renders nothing."""
        return [
            """
function KagibagScrollWatch({ away, onTurn }) {
  const turn = useRef(onTurn);
  turn.current = onTurn;
  useEffect(() => {
    let said = false;
    const look = () => {
      const now = window.scrollY > away || document.activeElement?.closest("[data-row]") != null;
      if (now !== said) { said = now; turn.current(now); }
    };
    // From one row to the next the focus is nowhere for a moment.
    const soon = () => setTimeout(look, 0);
    look();
    window.addEventListener("scroll", look, { passive: true });
    document.addEventListener("focusin", look);
    document.addEventListener("focusout", soon);
    return () => {
      window.removeEventListener("scroll", look);
      document.removeEventListener("focusin", look);
      document.removeEventListener("focusout", soon);
    };
  }, [away]);
  return null;
}
"""
        ]


def scroll_watch(on_turn: Any) -> rx.Component:
    """Put it once on a page whose rows must not move while they are read."""
    return ScrollWatch.create(away=AWAY_PIXELS, on_turn=on_turn)
