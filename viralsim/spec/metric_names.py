"""Names, units and meanings of all metrics; nothing else may be the metric of a goal or a comparison."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["METRIC_NAMES", "MetricName"]


class MetricName(NamedTuple):
    """Unit and meaning of a metric."""

    unit: str
    meaning: str


_TABLE = """
impressions | displays | displays of the brand's items, repeats counted
impressions_owned | displays | impressions because the brand posted
impressions_paid | displays | impressions that an ad or a paid seed's own share bought
impressions_earned | displays | impressions caused by another person's unpaid share
impressions_discovery | displays | impressions the platform showed to non-followers
impressions_dark | displays | impressions of private shares, which no platform reports
impressions_by_engagement | displays | impressions shown by somebody's like or comment
reach | people | distinct people with at least one impression
reach_accounts | accounts | the same, not de-duplicated across platforms
reach_earned_only | people | people reached by earned impressions only
reach_beyond_target | people | people reached outside the targeted segments
frequency | displays per person reached | impressions / reach
noticed | displays | impressions that were noticed
sharers | people | distinct people who shared
shares | shares | shares by people, without the brand's posts and the seeded posts
shares_private | shares | shares to one to three closest ties
likes | likes | likes
comments | comments | public comments
clicks | clicks | clicks on the link
clicks_owned | clicks | clicks on owned impressions
clicks_paid | clicks | clicks on paid impressions
clicks_earned | clicks | clicks on earned impressions
engagements | engagements | likes + comments + shares + clicks
engagement_rate | per impression | engagements / impressions
engagement_rate_per_reach | per person reached | engagements / reach
engagement_rate_per_follower | per follower of the brand | engagements / the brand's followers
virality_rate | per impression | shares / impressions
amplification_rate | per follower of the brand | shares / the brand's followers
reproduction_number | sharers per sharer | people caused by the first two generations of sharers / those sharers
reproduction_realised | sharers per sharer | caused sharers / all sharers over the whole run, below 1
generations | generations | the last generation of sharers
structural_virality | steps | mean distance of two people in a share tree, pooled over trees
structural_virality_broadcast | steps | the same with the brand as the root of all trees
largest_cascade | people | people in the largest share tree
earned_multiplier | ratio | all impressions / (owned + paid impressions)
conversions | purchases | purchases
conversions_direct | purchases | purchases after an owned or paid impression (last touch)
conversions_referral | purchases | purchases after an earned impression (last touch)
conversions_baseline | purchases | purchases in the same world without the campaign
conversions_incremental | purchases | purchases minus those of the same world without the campaign
new_customers | people | buyers who were no customers before
reviews | reviews | reviews that buyers left
negative_shares | shares | shares with a negative view
complaints | mentions | negative shares and comments
net_sentiment | from -1 to 1 | (positive - negative) / (positive + negative) mentions
backlash | part of runs | whether complaints outnumber positive mentions
reputation | from -1 to 1 | (positive - negative) / all mentions and reviews, an answered complaint counting less
interactions_brand | interactions | engagements caused by the brand's posts and ads, and its answers
interactions_customers | interactions | engagements caused by what people share, without copies
response_rate | per complaint or question | answered / received
response_time_hours | hours | median time to the first reply
share_of_voice | part of mentions | the brand's mentions / mentions of all modelled brands
share_of_impressions | part of impressions | the brand's impressions / impressions of all modelled brands
new_followers | accounts | followers won
unfollows | accounts | followers lost
cost | money | what the campaign costs
seed_cost_per_1000 | money | paid to people asked / 1,000 impressions that their own shares showed
revenue | money | price x purchases, expected later ones included
roi | ratio | (incremental margin - cost) / cost against the world without the campaign
earned_media_value | money | earned impressions and engagements at the user's own prices
customer_value_direct | money | margins of all purchases
customer_value_referral | money | margins of the purchases that people paid to share brought (counterfactual)
customer_value_influence | money | margins of the purchases that other word of mouth brought (counterfactual)
peak_hour | hours | start of the hour with the most impressions
half_reach_hour | hours | time by which half of the final reach was reached
excluded_people | people | people with no account on any platform in use
"""

METRIC_NAMES: dict[str, MetricName] = {
    name: MetricName(unit, meaning)
    for name, unit, meaning in (
        (part.strip() for part in line.split("|")) for line in _TABLE.strip().splitlines()
    )
}
"""Metric -> unit and one-line meaning, in the order in which they are printed."""
