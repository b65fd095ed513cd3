"""What members take out of the product: exports of the list of orders."""
