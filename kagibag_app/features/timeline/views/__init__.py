"""The timeline as people read it."""

from kagibag_app.features.timeline.views.rows import PUBLIC_KINDS, TimelinePage, TimelineRow
from kagibag_app.features.timeline.views.words import detail, said, sentence

__all__ = ["PUBLIC_KINDS", "TimelinePage", "TimelineRow", "detail", "said", "sentence"]
