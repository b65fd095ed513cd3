"""Parts of the screens: small functions of values and event handlers.

A part never reads a State. Each value may be plain Python or a Reflex Var; a list may be a plain sequence or a
Var of frozen rows.
"""
