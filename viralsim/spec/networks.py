"""Follower networks: generated, or read from a file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from viralsim.spec.fields import Chosen, Column, KindWord, Model, NumberField, Switch, Text, Whole, about

__all__ = [
    "Block",
    "Communities",
    "ErdosRenyi",
    "GraphFile",
    "Network",
    "PowerLaw",
    "Preferential",
    "SmallWorld",
]

RESEMBLING = ("lastfm-asia", "deezer-europe", "facebook-ego", "facebook-pages", "github", "twitch-de")
"""Real graphs whose settings `communities` ships."""

FORMATS = ("edges", "edges-text", "graphml", "gexf", "gml", "pajek", "mtx", "npz", "parquet")
"""What a network's file can be."""

_MEAN = NumberField("positive", "followers per person", 1e6, certain=True)
_PART = NumberField("probability", "probability", certain=True)
_PEOPLE = Whole(1, 500_000_000)


class Communities(Model):
    """A believable social network: heavy-tailed followers, communities, segments that keep together."""

    kind: Literal["communities"] = about("A believable social network with communities.")
    like: Annotated[str, Chosen(*RESEMBLING)] | None = about(
        "Start from settings that resemble a real graph; what is written beside it wins.", None
    )
    mean_followers: Annotated[float, _MEAN] | None = about("Mean number of followers.", None)
    exponent: Annotated[float, NumberField("positive", "exponent", 10.0, certain=True)] | None = about(
        "Exponent of the tail of the number of followers.", None
    )
    max_followers: Annotated[int, _PEOPLE] | None = about("Most followers anybody has.", None)
    reciprocity: Annotated[float, _PART] | None = about(
        "Part of follows that are returned; 1: an undirected network of friends.", None
    )
    circles: Annotated[float, _PART] | None = about(
        "Part of a person's ties meant for circles: small dense groups inside a community (clustering).", None
    )
    density: Annotated[float, _PART] | None = about("Chance that two people of a circle are tied.", None)
    community_size: (
        Annotated[float, NumberField("positive", "people", 5e8, certain=True, least=3.0)] | None
    ) = about("Mean number of people in a community.", None)
    mixing: Annotated[float, _PART] | None = about(
        "Part of the ties outside circles that ignore communities.", None
    )
    degree_correlation: Annotated[float, _PART] | None = about(
        "Part of the ties outside circles that join people with similar numbers of ties.", None
    )
    homophily: Annotated[float, _PART] | None = about(
        "Part of ties kept within a segment beyond chance: P(same) = h + (1 - h) x chance.", None
    )


class ErdosRenyi(Model):
    """Every pair is tied with the same probability."""

    kind: Literal["erdos-renyi"] = about("Every pair is tied with the same probability.")
    mean_degree: Annotated[float, _MEAN] = about("Mean number of followers.")
    directed: Switch = about("Whether following is one-sided.", False)


class SmallWorld(Model):
    """A ring of neighbours with some ties rewired (Watts and Strogatz 1998)."""

    kind: Literal["small-world"] = about("A ring of neighbours with some ties rewired.")
    mean_degree: Annotated[int, Whole(2, 1_000_000)] = about("Neighbours in the ring; an even number.")
    rewire_prob: Annotated[float, _PART] = about("Chance that a tie's far end moves to somebody at random.")


class Preferential(Model):
    """Newcomers tie to people in proportion to their ties (Barabasi and Albert 1999)."""

    kind: Literal["preferential"] = about("Newcomers tie to people in proportion to their ties.")
    edges_per_newcomer: Annotated[int, Whole(1, 1_000_000)] = about("Ties each newcomer brings.")


class PowerLaw(Model):
    """Follower counts k have probability k^-exponent; followers are uniform (Goel et al. 2016)."""

    kind: Literal["power-law"] = about("Follower counts follow a power law; followers are uniform.")
    exponent: Annotated[float, NumberField("positive", "exponent", 10.0, certain=True)] = about(
        "Exponent of the law.",
        2.3,
        source="Goel, Anderson, Hofman and Watts 2016",
    )
    min_followers: Annotated[int, _PEOPLE] | None = about("Lower cut-off; or give mean_followers.", None)
    max_followers: Annotated[int, _PEOPLE] | None = about("Upper cut-off.", None)
    mean_followers: Annotated[float, _MEAN] | None = about("Mean; solves the lower cut-off.", None)


class Block(Model):
    """One block for each segment; ties are likelier inside (Holland, Laskey and Leinhardt 1983)."""

    kind: Literal["block"] = about("One block for each segment; ties are likelier inside.")
    mean_degree: Annotated[float, _MEAN] = about("Mean number of followers.")
    inside: Annotated[float, _PART] = about(
        "Expected part of ties inside a segment.", 0.8, source="assumption"
    )


class GraphFile(Model):
    """A network read from a file."""

    kind: Literal["file"] = about("A network read from a file.")
    path: Text = about(
        "File: edge list (.csv, .tsv, .txt, .gz), GraphML, GEXF, GML, Pajek, Matrix Market, .npz or Parquet. "
        "A relative path starts at the scenario file's folder."
    )
    directed: Switch | None = about(
        "Whether a -> b means that b follows a only. Default: as the file says.", None
    )
    header: Switch | None = about("Whether the first line names the columns. Default: detected.", None)
    weight: Column | None = about(
        "Column of closeness (tie): a name, a column number from 1, false for none. Default: detected.", None
    )
    delimiter: Text | None = about("What stands between columns. Default: detected.", None)
    format: Annotated[str, Chosen(*FORMATS)] | None = about(
        "Format, where the file's name does not say it.", None
    )


Network = Annotated[
    Annotated[
        Communities | ErdosRenyi | SmallWorld | Preferential | PowerLaw | Block | GraphFile,
        Field(discriminator="kind"),
    ],
    KindWord(),
]
