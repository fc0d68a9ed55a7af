"""Names of counted events, by kind (all of them: `viralsim.metrics.tallies.COUNTS`)."""

from __future__ import annotations

__all__ = ["CLICKS", "COMMENTS", "ENGAGEMENTS", "IMPRESSIONS", "SHARES"]

CLICKS = ("clicks_owned", "clicks_paid", "clicks_earned")
COMMENTS = ("comments_positive", "comments_neutral", "comments_negative")
IMPRESSIONS = ("impressions_owned", "impressions_paid", "impressions_earned")
SHARES = ("shares_positive", "shares_neutral", "shares_negative")
ENGAGEMENTS = ("likes", *COMMENTS, *SHARES, *CLICKS)
