"""Pictures: few marks, words on them, and a finding that each one shows.

They hold weights and changes and no amounts of money, so they may be shown where amounts may not.
The same figures give the same bytes.
"""

from alerts.charts.weekly import charts

__all__ = ["charts"]
