"""Moves through the palette's lines by keyboard, without asking the server."""

from __future__ import annotations

from typing import Any

import reflex as rx

FIELD, LIST = "palette-field", "palette-list"


class PaletteKeys(rx.Component):
    """Marks one line as chosen: the first of each answer, then what the arrows say; Enter follows it."""

    tag = "KagibagPaletteKeys"

    field: rx.Var[str]
    list: rx.Var[str]
    answered: rx.Var[str]
    round: rx.Var[int]

    def add_imports(self) -> dict[str, list[str]]:
        """React's hooks."""
        return {"react": ["useEffect", "useRef"]}

    def add_custom_code(self) -> list[str]:
        """The component itself: it renders nothing."""
        return [
            """
function KagibagPaletteKeys({ field, list, answered, round }) {
  const wanted = useRef(false);
  const known = useRef("");
  known.current = answered;
  const options = () => [...(document.getElementById(list)?.querySelectorAll('[role="option"]') ?? [])];
  const input = () => document.getElementById(field);
  const choose = (chosen) => {
    options().forEach((option, place) => {
      option.id = `${list}-${place}`;
      option.setAttribute("aria-selected", String(option === chosen));
    });
    if (chosen) { input()?.setAttribute("aria-activedescendant", chosen.id); chosen.scrollIntoView({ block: "nearest" }); }
    else input()?.removeAttribute("aria-activedescendant");
  };
  const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true");
  useEffect(() => {
    const typed = input();
    const press = (event) => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const all = options(), at = all.indexOf(chosen());
      if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
      else if (event.key === "ArrowUp") choose(all[(at <= 0 ? all.length : at) - 1]);
      else if (event.key === "Enter") {
        // What is chosen answers an earlier text: wait for the answer to this one.
        if (typed.value === known.current) chosen()?.click();
        else wanted.current = true;
      } else { wanted.current = false; return; }
      event.preventDefault();
    };
    // Under a resting pointer nothing is chosen; one that moves chooses.
    const point = (event) => { const option = event.target.closest?.('[role="option"]'); if (option) choose(option); };
    const lines = document.getElementById(list);
    typed?.addEventListener("keydown", press);
    lines?.addEventListener("pointermove", point);
    return () => { typed?.removeEventListener("keydown", press); lines?.removeEventListener("pointermove", point); };
  }, []);
  useEffect(() => {
    choose(options()[0]);
    if (wanted.current && input()?.value === answered) { wanted.current = false; chosen()?.click(); }
  }, [round]);
  return null;
}
"""
        ]


def palette_keys(*, answered: Any, round: Any) -> rx.Component:
    """Put it behind the field and the list, whose ids are ``FIELD`` and ``LIST``."""
    return PaletteKeys.create(field=FIELD, list=LIST, answered=answered, round=round)
