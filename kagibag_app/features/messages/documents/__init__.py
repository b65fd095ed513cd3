"""Mails as people read them: a letter is composed once and written twice, as HTML and as plain text."""

from kagibag_app.features.messages.documents.links import Links, LogLinks, MailLinks
from kagibag_app.features.messages.documents.rendering import order_reference, render, subject_line

__all__ = ["Links", "LogLinks", "MailLinks", "order_reference", "render", "subject_line"]
