"""HTTP routes: what cannot or must not go through a page's socket.

``ROUTES`` is the list that the app mounts.
"""

from starlette.routing import Route

from kagibag_app.web.api import bulk_reports, documents, downloads, health, joining, sessions, stripe_webhook

ROUTES: list[Route] = [
    *health.ROUTES,
    *sessions.ROUTES,
    *joining.ROUTES,
    *stripe_webhook.ROUTES,
    *documents.ROUTES,
    *downloads.ROUTES,
    *bulk_reports.ROUTES,
]
