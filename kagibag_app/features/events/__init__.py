"""Events, ticket types and their capacity."""
