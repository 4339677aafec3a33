"""The life of a report: taken in, pre-filled, reviewed, forwarded, resolved."""
