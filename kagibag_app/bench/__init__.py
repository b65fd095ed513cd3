"""Measures the product against floors on the same data in the same run (docs/benchmarks.md says how)."""
