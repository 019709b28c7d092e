"""What SalesMate remembers: calls, turns, scorecards and questions, on SQLite or PostgreSQL."""
