"""Publishing policies: draft, approve, roll back (R-CFG-04). No money moves.

A draft is found sound before it is kept; another person than its author approves it; it goes into force at its moment,
and is superseded by the next. Times are microseconds.
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from wallet_core.domain import policy_guard
from wallet_core.domain.actors import Actor
from wallet_core.domain.commands import Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Keyed, Kind, Posting
from wallet_core.domain.layers import Setting
from wallet_core.domain.policies import NotPublished, Policies
from wallet_core.domain.policy_guard import LAW
from wallet_core.domain.publications import Draft, Publication, settled

POLICIES = "~policies"
"""Whose id space the ids of drafts and rollbacks are."""

NOBODY = Actor("", "")
"""Who has approved a draft."""

MARGIN = 60_000_000
"""Nothing goes into force before what does so within a minute: another process may have begun by then (R-CFG-03)."""


class DraftPolicies(Recorded, frozen=True):
    """Have a set of settings checked and kept. Its id is its key, once for ever.

    Attributes:
        effective_at: when it is to go into force; 0: when it is approved.
        policies: all publications that are known here.
    """

    draft_id: str
    author: Actor
    reason: str
    settings: tuple[Setting, ...]
    effective_at: int
    policies: Policies

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return POLICIES, f"draft:{self.draft_id}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        settings = msgspec.json.encode(self.settings).decode()
        return "DRAFT_POLICIES", self.author.name, self.reason, str(self.effective_at), settings


class _Publishing(Recorded, frozen=True):
    """A command that publishes: it takes the next number, or is refused because somebody else has."""

    policies: Policies

    @property
    def number(self) -> int:
        """The number it would publish under."""
        return self.policies.last + 1

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """Whoever has that number."""
        return ((Publication, (self.player_id, self.number)),)


class ApprovePolicies(_Publishing, frozen=True):
    """Publish a draft. Two who approve it at once have approved it once."""

    draft_id: str
    approver: Actor

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return POLICIES, f"approve:{self.draft_id}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09): not who approves."""
        return "APPROVE_POLICIES", self.draft_id

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The draft, and whoever has the number."""
        return (Draft, (self.player_id, self.draft_id)), *super().rows


class RollBackPolicies(_Publishing, frozen=True):
    """Go back to what the version before the one in force said, at once: by a new publication. One person does so
    alone, and so undoes no more than what was published last.

    What regulator and licence say stays as it is: that takes two to change.
    """

    version: int
    actor: Actor
    reason: str
    request_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return POLICIES, f"roll-back:{self.request_id}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "ROLL_BACK_POLICIES", str(self.version), self.actor.name, self.reason


def _draft(desk: Desk, command: DraftPolicies) -> Posting:
    """Keep a draft that could be published now."""
    policies = command.policies
    draft = Draft(
        player_id=command.player_id,
        draft_id=command.draft_id,
        author=command.author.name,
        reason=command.reason,
        settings=command.settings,
        effective_at=command.effective_at,
        base=policies.last,
        drafted_at=desk.at,
        author_identity=command.author.identity,
    )
    policy_guard.check(policies, _published(draft, policies.last + 1, NOBODY, desk.at))
    desk.book.put(draft)
    return _note(
        ("policies", "DRAFTED"),
        ("draft_id", draft.draft_id),
        ("author", draft.author),
        ("author_identity", draft.author_identity),
    )


def _approve(desk: Desk, command: ApprovePolicies) -> Posting:
    """Publish a draft that is still sound.

    Raises:
        Refused: POLICY_NOT_FOUND, POLICY_FORBIDDEN; IN_PROGRESS, it is to be asked again.
    """
    draft = desk.book.noun(Draft, command.player_id, command.draft_id)
    if draft is None:
        raise Refused(Reason.POLICY_NOT_FOUND, f"There is no draft {command.draft_id}.")
    if command.approver.is_also(draft.drafted_by):
        raise Refused(
            Reason.POLICY_FORBIDDEN,
            "R-CFG-04: four eyes: its author cannot approve a draft."
            f" It is by {draft.drafted_by.identity}, and this is {command.approver.identity};"
            " a token is one person, unless it vouches for those it names.",
        )
    if newer := policy_guard.touched_since(command.policies, draft.base, draft.settings):
        raise Refused(
            Reason.POLICY_FORBIDDEN,
            f"R-CFG-04: version {newer.number} has changed the same since this was drafted; draft it again.",
        )
    publication = _published(draft, command.number, command.approver, desk.at)
    policy_guard.check(command.policies, publication)
    return _publish(desk, command, publication)


def _roll_back(desk: Desk, command: RollBackPolicies) -> Posting:
    """Publish what it takes to go back.

    Raises:
        Refused: POLICY_NOT_FOUND, POLICY_FORBIDDEN, INVALID_REQUEST; IN_PROGRESS, it is to be asked again.
    """
    policies = command.policies.at(desk.at)
    try:
        then = policies.until(command.version)
    except NotPublished:
        then = None
    if then is None or (then and then[-1].effective_at > desk.at):
        raise Refused(Reason.POLICY_NOT_FOUND, f"Version {command.version} has never been in force.")
    so_far = (0, *(each.number for each in policies.until(policies.version)))
    if command.version not in so_far[-2:]:
        raise Refused(
            Reason.POLICY_FORBIDDEN,
            f"R-CFG-04: one person goes back to the version before, {so_far[-2]}; to go further takes a draft and two.",
        )
    publication = Publication(
        player_id=command.player_id,
        number=command.number,
        draft_id="",
        author=command.actor.name,
        approver="",
        reason=command.reason,
        settings=_back(policies, command.version),
        effective_at=desk.at,
        published_at=desk.at,
        restores=command.version,
        author_identity=command.actor.identity,
    )
    if not publication.settings:
        raise Refused(Reason.INVALID_REQUEST, f"version: nothing differs from what version {command.version} said.")
    policy_guard.check(policies, publication, rolling_back=True)
    return _publish(desk, command, publication)


def _back(policies: Policies, version: int) -> tuple[Setting, ...]:
    """Return the settings that make what is in force what a version said, below the law."""
    now = {each.setting.place: each.setting for each in settled(policies.until(policies.version))}
    then = {each.setting.place: each.setting for each in settled(policies.until(version))}
    gone = [replace(setting, value=None, locked=False) for place, setting in now.items() if place not in then]
    again = [setting for place, setting in then.items() if now.get(place) != setting]
    return tuple(setting for setting in (*gone, *again) if setting.layer not in LAW)


def _published(draft: Draft, number: int, approver: Actor, at: int) -> Publication:
    return Publication(
        player_id=draft.player_id,
        number=number,
        draft_id=draft.draft_id,
        author=draft.author,
        approver=approver.name,
        reason=draft.reason,
        settings=draft.settings,
        effective_at=max(draft.effective_at, at),  # never before now: what has been decided stays so
        published_at=at,
        author_identity=draft.drafted_by.identity,
        approver_identity=approver.identity,
    )


def _publish(desk: Desk, command: ApprovePolicies | RollBackPolicies, publication: Publication) -> Posting:
    if desk.book.noun(Publication, *publication.key) is not None:
        raise Refused(Reason.IN_PROGRESS, "Somebody else has just published; send this again.")
    soon = (each.effective_at for each in command.policies.publications if each.effective_at < desk.at + MARGIN)
    if any(publication.effective_at < moment for moment in soon):
        raise Refused(Reason.IN_PROGRESS, "Another version goes into force within a minute; send this again after it.")
    desk.book.put(publication)
    return _note(
        ("policies", "PUBLISHED"),
        ("version", str(publication.number)),
        ("draft_id", publication.draft_id),
        ("author", publication.author),
        ("author_identity", publication.author_identity),
        ("approver", publication.approver),
        ("approver_identity", publication.approver_identity),
    )


def _note(*info: tuple[str, str]) -> Posting:
    return Posting(Kind.NOTE, "", 0, info=info)


POSTINGS: dict[type[Recorded], Poster] = {
    DraftPolicies: _draft,
    ApprovePolicies: _approve,
    RollBackPolicies: _roll_back,
}
"""What each of these posts."""
