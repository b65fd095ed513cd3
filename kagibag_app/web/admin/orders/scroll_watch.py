"""Tells the server whether the top of a page is out of sight."""

from __future__ import annotations

from typing import Any

import reflex as rx

AWAY_PIXELS = 48


class ScrollWatch(rx.Component):
    """Calls a handler with true when one scrolls away from the top, and with false when one is back."""

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
      const now = window.scrollY > away;
      if (now !== said) { said = now; turn.current(now); }
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, [away]);
  return null;
}
"""
        ]


def scroll_watch(on_turn: Any) -> rx.Component:
    """Put it once on a page whose rows must not move while they are read."""
    return ScrollWatch.create(away=AWAY_PIXELS, on_turn=on_turn)
