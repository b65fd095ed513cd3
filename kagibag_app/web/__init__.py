"""Pages, API and what carries them. States ask, services decide."""
