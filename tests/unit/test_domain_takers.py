"""Bonuses that a person, household, instrument or device has but once (R-BONUS-05), on `decide`."""

from itertools import product

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, answer, deposit
from tests.support.promos import BY_HAND, MATCH, claim, decline, grant, in_period, offer, template
from wallet_core.domain.awards import promised
from wallet_core.domain.decision import Outcome, Reason, Refused
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.takers import Per, Taker, unique_key
from wallet_core.domain.templates import Period

ANN = unique_key(Per.PERSON, "Ann A, born 1 May")
BOTH = (unique_key(Per.HOUSEHOLD, "1 High Street"),)
ONCE = replace(BY_HAND, unique_per=(Per.PERSON,))


def books_of_two():
    return Books(players=(PLAYER, "bob"))


def refused(decision):
    assert decision.refusal is not None, decision
    return decision.refusal


@pytest.mark.parametrize("per", Per, ids=lambda each: each.name)
def test_the_second_player_of_the_same_is_refused_in_words_that_say_nothing(per):
    books, of = books_of_two(), template(replace(BY_HAND, unique_per=(per,)))
    keys = (unique_key(per, "the same"),)
    assert answer(books.do(grant(of, "g1", unique_keys=keys))) is Outcome.APPLIED
    rows = dict(books.rows)
    refusal = refused(books.do(grant(of, "g2", player="bob", unique_keys=keys)))
    assert refusal.reason is Reason.BONUS_NOT_ELIGIBLE
    assert not any(word in refusal.message.lower() for word in (per.name.lower(), PLAYER, "same", "other"))  # R-AML-05
    assert books.rows == rows
    others = (unique_key(per, "another"),)
    assert answer(books.do(grant(of, "g2", player="bob", unique_keys=others))) is Outcome.APPLIED


def test_kinds_are_kept_apart_and_a_digest_is_all_that_is_kept():
    books = books_of_two()
    books.do(grant(template(), "g1", unique_keys=(unique_key(Per.DEVICE, "x"),)))
    assert answer(books.do(grant(template(), "g2", player="bob", unique_keys=(unique_key(Per.PERSON, "x"),)))) is (
        Outcome.APPLIED
    )
    taken = [row for row in books.rows.values() if isinstance(row, Taker)]
    assert [(row.player_id, row.scope, row.holder, len(row.digest)) for row in taken] == [
        (NO_PLAYER, "gift@1", PLAYER, 16),
        (NO_PLAYER, "gift@1", "bob", 16),
    ]
    assert "High Street" not in repr(books.rows)


def test_what_the_template_asks_for_must_be_named_with_the_grant():
    books, of = books_of_two(), template(replace(ONCE, unique_per=(Per.PERSON, Per.DEVICE)))
    refusal = refused(books.do(grant(of, "g1", unique_keys=(ANN,))))
    assert (refusal.reason, "DEVICE" in refusal.message, "PERSON" in refusal.message) == (
        Reason.INVALID_REQUEST, True, False,
    )  # fmt: skip
    assert not [row for row in books.rows.values() if isinstance(row, Taker)]
    keys = (ANN, unique_key(Per.DEVICE, "phone"), *BOTH)  # more than it asks for may be named
    assert answer(books.do(grant(of, "g1", unique_keys=keys))) is Outcome.APPLIED
    assert books.do(grant(of, "g1", unique_keys=keys)).replayed
    assert refused(books.do(grant(of, "g1", unique_keys=keys[:2]))).reason is Reason.CONFLICT


def test_an_offer_takes_nothing_and_a_claim_does():
    books, of = books_of_two(), template(replace(ONCE, opt_in=True))
    for player in (PLAYER, "bob"):
        assert answer(books.do(offer(of, f"o {player}", player=player, unique_keys=(ANN,)))) is Outcome.NOOP
    assert refused(books.do(claim(of, "c0"))).reason is Reason.INVALID_REQUEST
    assert answer(books.do(claim(of, "c1", unique_keys=(ANN,)))) is Outcome.APPLIED
    assert refused(books.do(claim(of, "c2", player="bob", unique_keys=(ANN,)))).reason is Reason.BONUS_NOT_ELIGIBLE
    late = template(replace(ONCE, opt_in=True))
    assert refused(books.do(offer(late, "o3", player="bob", unique_keys=(ANN,)))).reason is Reason.BONUS_NOT_ELIGIBLE


def test_an_offer_that_is_declined_leaves_the_bonus_to_others():
    books, of = books_of_two(), template(replace(ONCE, opt_in=True))
    books.do(offer(of, "o1", unique_keys=(ANN,)))
    books.do(decline("gift@1"))
    books.do(offer(of, "o2", player="bob", unique_keys=(ANN,)))
    assert answer(books.do(claim(of, "c2", player="bob", unique_keys=(ANN,)))) is Outcome.APPLIED


def test_what_was_claimed_stays_taken_even_where_nothing_came_of_it():
    books, of = books_of_two(), template(replace(MATCH, unique_per=(Per.PERSON,)))
    for player in (PLAYER, "bob"):
        books.do(offer(of, f"o {player}", player=player))
    assert answer(books.do(claim(of, "c1", unique_keys=(ANN,)))) is Outcome.NOOP  # its deposit is still to come
    books.do(decline("gift@1"))
    assert refused(books.do(claim(of, "c2", player="bob", unique_keys=(ANN,)))).reason is Reason.BONUS_NOT_ELIGIBLE


def test_the_same_player_again_is_no_conflict():
    books, of = Books(), template(replace(MATCH, unique_per=(Per.PERSON, Per.INSTRUMENT)))
    card = unique_key(Per.INSTRUMENT, "4000 0000")
    books.do(offer(of))
    assert answer(books.do(claim(of, unique_keys=(ANN,)))) is Outcome.NOOP
    books.do(deposit("50"))
    assert refused(books.do(grant(of, deposit="d1", unique_keys=(card,)))).reason is Reason.INVALID_REQUEST
    assert answer(books.do(grant(of, deposit="d1", unique_keys=(ANN, card)))) is Outcome.APPLIED


@pytest.mark.parametrize(("period", "again"), list(product(Period, (False, True))))
def test_a_period_has_its_own_and_one_for_each_deposit_or_request_is_one_players(period, again):
    books = books_of_two()
    base = replace(MATCH, opt_in=False) if period is Period.DEPOSIT else BY_HAND
    of = template(in_period(replace(base, unique_per=(Per.PERSON,)), period))
    for player in (PLAYER, "bob"):
        books.do(deposit("50", player=player, key=f"d {player}"))
    first, other = ({"deposit": f"d {player}"} if period is Period.DEPOSIT else {} for player in (PLAYER, "bob"))
    assert answer(books.do(grant(of, "g1", unique_keys=(ANN,), **first))) is Outcome.APPLIED
    month = 40 * 86_400_000_000 if again else 0
    decision = books.do(grant(of, "g2", player="bob", at=month, unique_keys=(ANN,), **other))
    calendar = period in {Period.DAY, Period.WEEK, Period.MONTH}
    assert (decision.refusal is None) is (again and calendar)


def test_a_version_has_its_own():
    books = books_of_two()
    books.do(grant(template(ONCE), "g1", unique_keys=(ANN,)))
    assert answer(books.do(grant(template(ONCE, version=2), "g2", player="bob", unique_keys=(ANN,)))) is Outcome.APPLIED


def test_two_in_one_batch_end_as_one():
    books, of = books_of_two(), template(ONCE)
    first, second = books.do_batch(
        [grant(of, f"g {player}", player=player, unique_keys=(ANN,)) for player in (PLAYER, "bob")]
    )
    assert answer(first) is Outcome.APPLIED
    assert refused(second).reason is Reason.BONUS_NOT_ELIGIBLE


def test_what_is_won_is_not_asked_whose_it_is():
    with pytest.raises(Refused, match="TEMPLATE_FORBIDDEN"):
        promised(template(ONCE), "EUR", 1)
