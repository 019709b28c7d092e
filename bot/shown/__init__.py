"""What people read: what happened in SalesMate as neutral messages. Pure; no platform, no database."""
