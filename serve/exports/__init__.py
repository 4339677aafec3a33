"""From stored reports to the reviewed export: which ones, in which groups, with which photos."""
