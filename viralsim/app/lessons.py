"""The lessons: a question, a bet, an experiment, an answer with its source. Words only; experiments compute."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LESSONS", "Lesson", "lesson", "next_lesson"]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson.

    Parameters
    ----------
    slug : str
        Its address.
    title : str
        What it is about, in a few words.
    question : str
    choices : tuple of str
        What one may bet on; empty if the bet is a number.
    unit : str
        Of the number bet on.
    most : float
        Largest number that may be bet.
    experiment : str
        What is simulated to find out, in a sentence or two.
    lesson : str
        What to take away, whatever the dice said.
    source : str
        Where it is from.
    go_on : tuple of (str, str)
        Where to play on: words and address.
    """

    slug: str
    title: str
    question: str
    choices: tuple[str, ...]
    unit: str
    most: float
    experiment: str
    lesson: str
    source: str
    go_on: tuple[str, str]


LESSONS: tuple[Lesson, ...] = (
    Lesson(
        slug="why-most-posts-die",
        title="Why most posts die",
        question=(
            "Twenty thousand people each share something once. Of every 100 of them, how many cause no "
            "further share at all?"
        ),
        choices=(),
        unit="of 100 people",
        most=100,
        experiment=(
            "20,000 cascades, each from one person, on a network of 50,000 people whose follower counts "
            "follow a power law. Each follower who sees a share passes it on with a chance that makes 0.2 "
            "new sharers per sharing person."
        ),
        lesson=(
            "Word of mouth usually ends with the first person. The few large cascades are real, and rare: "
            "whoever plans with them plans with luck. That is why every result here comes with its "
            "spread."
        ),
        source=(
            "Goel, Watts and Goldstein 2012, The structure of online diffusion networks (73 to 95 % end "
            "at once); Goel, Anderson, Hofman and Watts 2016, The structural virality of online diffusion "
            "(the model)."
        ),
        go_on=("See an ordinary post", "/lab/ordinary-post"),
    ),
    Lesson(
        slug="the-tipping-point",
        title="R and the tipping point",
        question=(
            "One person begins, and each sharer brings on average 0.9 new sharers. How many people share "
            "in the end, on average over many tries?"
        ),
        choices=(),
        unit="people",
        most=20000,
        experiment=(
            "An independent cascade on a random network of 20,000 people with 10 ties each, hundreds of "
            "tries for each of several values of R, the number of new sharers that one sharer brings."
        ),
        lesson=(
            "Below R = 1 a cascade of one person has 1/(1 - R) people on average: 10 at R = 0.9, 2 at R = "
            "0.5. At 1 something new begins: most tries still die, and some take a large part of the "
            "network. Near the tipping point a small change of R changes everything, and no forecast is "
            "sharp there."
        ),
        source=(
            "Watts and Peretti 2007, Viral marketing for the real world (1/(1 - R)); Kempe, Kleinberg and "
            "Tardos 2003 (the model)."
        ),
        go_on=("Move R yourself", "/cascade?network=random"),
    ),
    Lesson(
        slug="broadcast-or-viral",
        title="Broadcast or viral",
        question=(
            "An account with 1,000 followers is shared by all of them: two people who share are then 2 "
            "steps apart in the tree of who had it from whom. If it spreads from friend to friend "
            "instead, to about as many, how far apart are they on average?"
        ),
        choices=("about 2 steps as well", "about 4 steps", "more than 8 steps"),
        unit="",
        most=0,
        experiment=(
            "Cascades on a network of 5,000 friends in communities; those with at least 200 people are "
            "kept, and the mean distance in their share trees is measured: structural virality."
        ),
        lesson=(
            "Reach does not tell how something spread. A broadcast is wide and shallow, a viral spread is "
            "deep; most popular content is a mixture with a large broadcast in it. Structural virality "
            "tells them apart."
        ),
        source="Goel, Anderson, Hofman and Watts 2016, The structural virality of online diffusion.",
        go_on=("Watch share trees grow", "/cascade?network=hubs"),
    ),
    Lesson(
        slug="hubs-or-many",
        title="Hubs or many",
        question=(
            "You have 1,200 dollars: 80 ordinary people for 15 each, 10 with many followers for 120 "
            "each, or one star who takes it all. Who is seen by most people?"
        ),
        choices=("80 ordinary people", "10 with many followers", "the one star"),
        unit="",
        most=0,
        experiment=(
            "The scenario “Ten influencers or eighty ordinary people” and its variants, 100 runs each in "
            "the same worlds with the same luck."
        ),
        lesson=(
            "Followers decide who is seen, the price decides whether it pays. Ten times the price needs "
            "ten times the reach. And a hub's share counts no more per follower than anybody else's."
        ),
        source=(
            "Bakshy, Hofman, Mason and Watts 2011, Everyone's an influencer; Hinz, Skiera, Barrot and "
            "Becker 2011, Seeding strategies for viral marketing. The prices are made up."
        ),
        go_on=("Change the prices' worth", "/compare/influencers-or-many"),
    ),
    Lesson(
        slug="weak-ties",
        title="The strength of weak ties",
        question=(
            "3,000 people in a ring know only their ten nearest neighbours. Now 3 in 100 ties are moved "
            "to strangers far away. How many people does the same rumour reach within 12 steps?"
        ),
        choices=("about as many", "about twice as many", "more than three times as many"),
        unit="",
        most=0,
        experiment=(
            "An independent cascade with probability 0.3 per tie on both networks, 60 runs each, counted "
            "after 12 steps."
        ),
        lesson=(
            "A few ties between circles carry a message to where nobody has heard it yet. Close friends "
            "mostly tell each other what they know already."
        ),
        source=(
            "Granovetter 1973, The strength of weak ties; Watts and Strogatz 1998, Collective dynamics of "
            "small-world networks; Goldenberg, Libai and Muller 2001, Talk of the network."
        ),
        go_on=("Watch it on a ring", "/cascade?network=ring"),
    ),
    Lesson(
        slug="simple-or-complex",
        title="Simple or complex contagion",
        question=(
            "Some things one does only after three friends did: join a movement, switch a messenger. On "
            "the same ring, do more ties to strangers help such a thing to spread?"
        ),
        choices=("they help here too", "they change nothing", "they stop it"),
        unit="",
        most=0,
        experiment=(
            "Everybody needs three adopting friends. One person and all of that person's friends begin; "
            "20 networks for each part of ties that is moved."
        ),
        lesson=(
            "What needs a nudge from several friends at once spreads through dense circles and dies on "
            "long ties, where nobody hears it twice. What kind of contagion it is decides whether to seed "
            "circles or bridges."
        ),
        source=(
            "Centola and Macy 2007, Complex contagions and the weakness of long ties; Centola 2010, The "
            "spread of behavior in an online social network experiment."
        ),
        go_on=("Watch it with one friend", "/cascade?network=ring"),
    ),
    Lesson(
        slug="bad-news",
        title="Bad news travels",
        question=(
            "A provocative spot: a third of viewers dislike it, and those are three times as ready to "
            "share. What happens to the impressions it earns by word of mouth?"
        ),
        choices=("they fall by a half", "they stay about the same", "they about double"),
        unit="",
        most=0,
        experiment=(
            "The scenario “A spot that may backfire” and its variant, 200 runs each in the same worlds "
            "with the same luck."
        ),
        lesson=(
            "Provocation buys reach. Look at who carries it: most of the shares are complaints. A count "
            "of shares without their polarity would have called this a success."
        ),
        source=(
            "Berger and Milkman 2012, What makes online content viral? (content that stirs people up is "
            "passed on more). The parts of viewers and their readiness are assumptions of the scenario."
        ),
        go_on=("Move the part that dislikes it", "/lab/backlash"),
    ),
    Lesson(
        slug="what-attribution-gets-wrong",
        title="What attribution gets wrong",
        question=(
            "People with four or more friends who bought buy several times as often as people with none. "
            "How much of that did their friends cause in this experiment?"
        ),
        choices=("nearly all of it", "about half", "none of it"),
        unit="",
        most=0,
        experiment=(
            "4,000 people, a quarter of them enthusiasts who buy with a chance of 30 %, the others with 5 "
            "%; nine in ten ties are within one's own kind. Nobody influences anybody: each buys or not "
            "by a coin of one's own."
        ),
        lesson=(
            "Friends resemble each other, so buyers have friends who buy, with no influence at all. "
            "Counting every purchase after a friend's as word of mouth takes likeness for cause. Telling "
            "them apart needs a world without the campaign: an experiment, or a simulated one."
        ),
        source=(
            "Aral, Muchnik and Sundararajan 2009, Distinguishing influence-based contagion from "
            "homophily-driven diffusion; Shalizi and Thomas 2011, Homophily and contagion are generically "
            "confounded."
        ),
        go_on=("Compare with and without", "/compare"),
    ),
)


def lesson(slug: str) -> Lesson | None:
    """The lesson at an address."""
    return next((one for one in LESSONS if one.slug == slug), None)


def next_lesson(slug: str) -> Lesson | None:
    """The one after it."""
    slugs = [one.slug for one in LESSONS]
    place = slugs.index(slug) + 1
    return LESSONS[place] if place < len(LESSONS) else None
