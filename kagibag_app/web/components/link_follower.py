"""Lets plain anchors change the page without a reload."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.components.values import Handler


class LinkFollower(rx.Component):
    """Takes presses on ``a[data-go]`` to the router, wherever on the page they are.

    The router's own link component listens to every change of the address: a list with a hundred of them draws each again
    before the server is even asked.
    """

    tag = "KagibagLinkFollower"

    on_go: rx.EventHandler[rx.event.no_args_event_spec]

    def add_imports(self) -> dict[str, list[str]]:
        """React's hooks and the router's."""
        return {"react": ["useEffect", "useRef"], "react-router": ["useNavigate"]}

    def add_custom_code(self) -> list[str]:
        """The component itself: it renders nothing."""
        return [
            """
function KagibagLinkFollower({ onGo }) {
  const navigate = useRef(null);
  navigate.current = useNavigate();
  const go = useRef(onGo);
  go.current = onGo;
  useEffect(() => {
    const press = (event) => {
      if (event.defaultPrevented || event.button !== 0) return;
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      const link = event.target instanceof Element ? event.target.closest("a[data-go]") : null;
      if (!link) return;
      event.preventDefault();
      const there = new URL(link.href);
      const path = (place) => place.pathname.replace(/[/]+$/, "");
      if (!go.current || path(there) !== path(window.location)) {
        navigate.current(link.getAttribute("href"));
        return;
      }
      const { state } = window.history;
      const entry = { ...state, key: crypto.randomUUID?.() ?? String(performance.now()), idx: (state?.idx ?? 0) + 1 };
      if (there.search !== window.location.search) window.history.pushState(entry, "", link.getAttribute("href"));
      go.current();
    };
    document.addEventListener("click", press);
    return () => document.removeEventListener("click", press);
  }, []);
  return null;
}
"""
        ]


def link_follower(on_go: Handler = None) -> rx.Component:
    """Put it once on a page with ``swift_link``.

    Args:
        on_go: Shows what the address says. With it, links to the page itself are not taken to the router, which draws
            the whole page anew: the address changes in place and the handler is called.
    """
    return LinkFollower.create() if on_go is None else LinkFollower.create(on_go=on_go)
