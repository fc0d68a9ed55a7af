"""The registry's entries on customers and money (measures: `viralsim.metrics.sales`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from viralsim.metrics import sales
from viralsim.metrics.columns import Floats
from viralsim.metrics.metric import Measure, Metric
from viralsim.metrics.rounding import format_interval, format_number
from viralsim.metrics.tallies import Tallies
from viralsim.metrics.uncertainty import Summary
from viralsim.metrics.views import View

__all__ = ["sales_clause", "sales_metrics"]


def _deals(*names: str) -> Measure:
    return lambda view: sales.deals(view, *names)


def _sold(tallies: Tallies) -> bool:
    return tallies.sales is not None and tallies.sales.selling


def _sold_at_a_price(tallies: Tallies) -> bool:
    return tallies.sales is not None and tallies.sales.selling and tallies.sales.price is not None


def _sold_at_a_margin(tallies: Tallies) -> bool:
    return tallies.sales is not None and tallies.sales.selling and tallies.sales.margin is not None


def _with_worlds(tallies: Tallies) -> bool:
    return _sold_at_a_margin(tallies) and tallies.sales is not None and tallies.sales.without.shape[1] > 0


def _with_paid_sharers(tallies: Tallies) -> bool:
    return _with_worlds(tallies) and tallies.sales is not None and tallies.sales.paying


def _answered(tallies: Tallies) -> bool:
    return tallies.sales is not None and tallies.sales.answering


def _reviewed(tallies: Tallies) -> bool:
    return tallies.sales is not None and tallies.sales.reviewing


def _talked_about(tallies: Tallies) -> bool:
    return tallies.sales is not None


_BY_SEGMENT = ("segment",)
_people = View.most_people  # everybody buys at most once within a run

_COUNTED = (
    Metric("conversions", _deals("purchases"), by_chance=True, most=_people, defined=_sold),
    Metric(
        "conversions_direct",
        _deals("purchases_owned", "purchases_paid"),
        by_chance=True,
        most=_people,
        defined=_sold,
    ),
    Metric("conversions_referral", _deals("purchases_earned"), by_chance=True, most=_people, defined=_sold),
    Metric(
        "conversions_baseline",
        _deals("purchases_baseline"),
        better="neither",
        parts=_BY_SEGMENT,
        by_chance=True,
        most=_people,
        defined=_sold,
    ),
    Metric("conversions_incremental", sales.incremental, parts=_BY_SEGMENT, floor=None, defined=_sold),
    Metric("new_customers", _deals("purchases_new"), by_chance=True, most=_people, defined=_sold),
    Metric("reviews", _deals("reviews_positive", "reviews_negative"), by_chance=True, defined=_reviewed),
    Metric("reputation", sales.reputation, parts=(), floor=-1.0, ceiling=1.0, defined=_talked_about),
    Metric(
        "response_rate",
        _deals("answered"),
        _deals("complaints"),
        "complaints",
        ceiling=1.0,
        defined=_answered,
    ),
    Metric("response_time_hours", sales.wait_hours, better="lower", parts=(), defined=_answered),
    Metric("interactions_brand", sales.brand_to_customer, by_chance=True, defined=_talked_about),
    Metric("interactions_customers", _deals("customer_to_customer"), by_chance=True, defined=_talked_about),
)

_MONEY = (
    Metric("revenue", sales.revenue, defined=_sold_at_a_price),
    Metric("customer_value_direct", sales.value_direct, defined=_sold_at_a_margin),
    Metric(
        "customer_value_referral",
        sales.value_referral,
        parts=_BY_SEGMENT,
        floor=None,
        defined=_with_paid_sharers,
    ),
    Metric(
        "customer_value_influence", sales.value_influence, parts=_BY_SEGMENT, floor=None, defined=_with_worlds
    ),
)


def sales_metrics(cost: Measure, with_cost: Callable[[Tallies], bool]) -> tuple[Metric, ...]:
    """All metrics of customers and money.

    Parameters
    ----------
    cost : callable
        View -> float64[R]: what the campaign costs.
    with_cost : callable
        Tallies -> bool: whether a run has a cost.
    """

    def net_return(view: View) -> Floats:
        """Incremental margin minus cost."""
        return sales.margin_of(view, sales.incremental(view)) - cost(view)

    roi = Metric(
        "roi",
        net_return,
        cost,
        "cost",
        parts=(),
        floor=None,
        defined=lambda tallies: _sold_at_a_margin(tallies) and with_cost(tallies),
    )
    return (*_COUNTED, *_MONEY, roi)


def sales_clause(summaries: Mapping[str, Summary]) -> str:
    """What a campaign sells that would not have been sold without it, as a clause; "" where nothing is sold."""
    caused = summaries.get("conversions_incremental")
    if caused is None or math.isnan(caused.mean):
        return ""
    if caused.mean >= 0:
        low, high, what = caused.low, caused.high, "brings"
    else:
        low, high, what = -caused.high, -caused.low, "costs"
    interval = f" ({format_interval(low, high, caused.se)})" if high > low else ""
    number = format_number(abs(caused.mean), caused.se)
    text = f"; it {what} {number} purchases{interval} against the same world without it"
    roi = summaries.get("roi")
    if roi is None or math.isnan(roi.mean):
        return text
    return f"{text}, a return on investment of {format_number(roi.mean, roi.se)}"
