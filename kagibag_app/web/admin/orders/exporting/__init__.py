"""Export of exactly the list that is shown: the button and its dialog."""

from kagibag_app.web.admin.orders.exporting.dialog import export_menu
from kagibag_app.web.admin.orders.exporting.state import ExportState

__all__ = ["ExportState", "export_menu"]
