"""What touches the outside: network calls with no transaction open, results recorded in small ones."""
