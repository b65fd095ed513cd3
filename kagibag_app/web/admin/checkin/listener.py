"""Keeps the field for codes ready, and lets answers be heard."""

from __future__ import annotations

from typing import Any

import reflex as rx

FIELD = "door-code"


class DoorListener(rx.Component):
    """Whatever a scanner types goes into the field, wherever the focus is; each answer sounds by its tone, if wanted."""

    tag = "KagibagDoor"

    field: rx.Var[str]
    round: rx.Var[int]
    tone: rx.Var[str]
    sound: rx.Var[bool]

    def add_imports(self) -> dict[str, list[str]]:
        """React's hooks."""
        return {"react": ["useEffect", "useRef"]}

    def add_custom_code(self) -> list[str]:
        """The component itself: it renders nothing."""
        return [
            """
const KAGIBAG_TONES = { good: [[880, 0], [1320, 0.09]], attention: [[660, 0], [660, 0.16]], bad: [[220, 0], [165, 0.18]] };

function KagibagDoor({ field, round, tone, sound }) {
  const audio = useRef(null);
  useEffect(() => {
    const dialog = () => document.querySelector('[role="dialog"][data-state="open"], [role="alertdialog"][data-state="open"]');
    const taken = "a, button, input, select, textarea, summary, label, [contenteditable]";
    const ready = () => { if (!dialog()) document.getElementById(field)?.focus({ preventScroll: true }); };
    // Before anybody else: a scanner's letters are no shortcuts, and its Enter presses no button that has the focus.
    const key = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.key.length !== 1 || event.key === " ") return;
      if (dialog() || event.target.closest?.("input, select, textarea, [contenteditable]")) return;
      ready();
      event.stopPropagation();
    };
    // With a finger, the field would bring up the keyboard after every touch.
    const press = (event) => {
      if (!matchMedia("(pointer: fine)").matches || !(event.target instanceof Element)) return;
      if (event.target.closest("[data-door]") || !event.target.closest(taken)) setTimeout(ready, 0);
    };
    ready();
    window.addEventListener("keydown", key, true);
    window.addEventListener("click", press);
    window.addEventListener("focus", ready);
    return () => {
      window.removeEventListener("keydown", key, true);
      window.removeEventListener("click", press);
      window.removeEventListener("focus", ready);
    };
  }, [field]);
  useEffect(() => {
    if (!sound || !round || !KAGIBAG_TONES[tone]) return;
    const play = (audio.current ??= new AudioContext());
    for (const [pitch, after] of KAGIBAG_TONES[tone]) {
      const voice = play.createOscillator(), loud = play.createGain();
      loud.gain.value = 0.2;
      voice.frequency.value = pitch;
      voice.connect(loud).connect(play.destination);
      voice.start(play.currentTime + after);
      voice.stop(play.currentTime + after + 0.08);
    }
  }, [round]);
  return null;
}
"""
        ]


def door_listener(*, round: Any, tone: Any, sound: Any) -> rx.Component:
    """Put it once on a page whose field has the id ``FIELD``; what it holds of ``data-door`` gives the focus back."""
    return DoorListener.create(field=FIELD, round=round, tone=tone, sound=sound)
