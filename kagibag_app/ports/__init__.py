"""What the product needs from the outside, as protocols and plain results."""
