"""Two organizers in one database: with the other's ids nobody finds, changes or is told anything."""
