"""The sample knowledge base: documents of two fictional firms, Northgate Wealth and Loomstack."""
