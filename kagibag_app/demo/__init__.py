"""Something to try the product with: an example event, and a whole demo organizer with a month behind it."""
