"""A Slack in this process: its Web API, its views, its limits, and what it sends, from Slack's documentation.

It knows nothing of SalesMate.
"""
