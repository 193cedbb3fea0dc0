"""Faults: each a wallet with one law broken, as wallets in the field break it. Its docstring says how.

A fault is one or two methods of the sound wallet done wrongly. `caught.py` says by which
cases of the kit each must be caught.
"""

import asyncio
import uuid
from dataclasses import replace

from aiohttp import web

from tests.conformance.books import SCALE, Books, No
from tests.conformance.seamless import Seamless

# What a database takes; as long as it lasts, another request may come in between.
SLOW = 0.02


# --- money


class FloatAmounts(Books):
    """An amount goes through a float on its way to cents."""

    def money(self, text):
        exact = super().money(text)
        cents = 10 ** (SCALE - 2)
        return exact if exact % cents else int(float(text) * 100) * cents


class FloatBalance(Books):
    """The balance is a float, and is shown with all the digits it happens to have."""

    async def take(self, player, amount):
        await super().take(player, amount)
        player.cash = ((player.cash + amount) / 10**SCALE - amount / 10**SCALE) * 10**SCALE

    def shown(self, amount):
        return str(amount / 10**SCALE)


class Rounded(Books):
    """Amounts are rounded to cents."""

    def money(self, text):
        cents = 10 ** (SCALE - 2)
        return (super().money(text) + cents // 2) // cents * cents


class Truncated(Books):
    """The third and later decimals of an amount are cut off."""

    def money(self, text):
        whole, point, fraction = text.partition(".")
        return super().money(whole + point + fraction[:2])


class TooFineCut(Books):
    """An amount finer than the ledger is cut instead of refused."""

    def money(self, text):
        whole, point, fraction = text.partition(".")
        return super().money(whole + point + fraction[:SCALE])


class ShownInCents(Books):
    """The balance is kept exactly and shown in cents."""

    def shown(self, amount):
        return super().shown(amount - amount % 10 ** (SCALE - 2))


class Wrapped(Books):
    """Amounts are 32 bits of cents: too large a one starts again at nothing."""

    def money(self, text):
        cents = 10 ** (SCALE - 2)
        amount = super().money(text)
        return amount % (2**32 * cents) if amount > 0 else amount


class Negative(Books):
    """A negative amount is an amount."""

    def judge(self, action):
        if action.amount is not None:
            self.money(action.amount)


class NoZeroWin(Books):
    """A win of nothing, which many games send when a round is lost, is refused."""

    def judge(self, action):
        super().judge(action)
        if action.kind == "win" and not self.money(action.amount):
            raise No("INVALID_AMOUNT")


class Overdraft(Books):
    """A stake is taken whether there is enough or not."""

    async def take(self, player, amount):
        player.cash -= amount


class AnyCurrency(Books):
    """The currency is not looked at."""

    def spoken(self, player, currency):
        pass


# --- the same again


class Forgetful(Books):
    """Ids of one kind are not remembered: the same again is done again."""

    kind = ""

    async def look(self, player, ask):
        found = await super().look(player, ask)
        return {key: row for key, row in found.items() if row.kind != self.kind}


class BetTwice(Forgetful):
    """The same bet again is taken again."""

    kind = "bet"


class WinTwice(Forgetful):
    """The same win again is paid again."""

    kind = "win"


class RollbackTwice(Forgetful):
    """The same rollback again gives the stake back again."""

    kind = "rollback"

    def is_undone(self, target):
        return False

    def left(self, target):
        return abs(target.moved)


class DebitTwiceAtOnce(Books):
    """Two copies of a request at once both find that the id is new."""

    async def look(self, player, ask):
        found = await super().look(player, ask)
        await asyncio.sleep(SLOW)
        return found


class OverdrawnAtOnce(Books):
    """Two bets at once both find enough money."""

    async def take(self, player, amount):
        enough = player.cash >= amount
        await asyncio.sleep(SLOW)
        if not enough:
            raise No("INSUFFICIENT_FUNDS")
        player.cash -= amount


class LostUpdate(Books):
    """Of two bets at once the later one writes a balance that does not know of the other."""

    async def take(self, player, amount):
        before = player.cash
        await asyncio.sleep(SLOW)
        player.cash = before
        await super().take(player, amount)


class NewIdOnReplay(Books):
    """The same again is answered with another transaction id."""

    def again(self, player, ask, rows):
        reply = super().again(player, ask, rows)
        return replace(reply, rows=tuple(replace(row, identity=str(uuid.uuid4())) for row in reply.rows))


class OneIdForAll(Books):
    """Every transaction has the same id at the wallet."""

    def store(self, *facts):
        row = super().store(*facts)
        row.identity = "1"
        return row


class ReplayShowsNow(Books):
    """The same again is answered with the balance of now."""

    def again(self, player, ask, rows):
        return replace(super().again(player, ask, rows), cash_then=player.cash)


class ReplayRefused(Books):
    """The same again is an error."""

    def again(self, player, ask, rows):
        raise No("CONFLICT", player)


class ConflictReplayed(Books):
    """An id with other contents is answered as if it had been the same."""

    async def look(self, player, ask):
        rows = {action.key: self.rows.get((player.player_id, action.key)) for action in ask.actions}
        return {key: row for key, row in rows.items() if row}


class ConflictApplied(Books):
    """An id with other contents is a new transaction."""

    async def look(self, player, ask):
        try:
            return await super().look(player, ask)
        except No:
            return {}


class RefusedForgotten(Books):
    """A refused id is free again: its retry finds money that came in meanwhile."""

    def bind(self, player, ask, fresh, code):
        pass


class RefusedTakenLater(Books):
    """A refused bet is answered as accepted when it comes again."""

    def again(self, player, ask, rows):
        return super().again(player, ask, [replace(row, code="") for row in rows])


class SharedIds(Books):
    """Another player's use of an id is answered with the first one's transaction."""

    async def look(self, player, ask):
        found = await super().look(player, ask)
        wanted = {action.key for action in ask.actions}
        return {key: row for (_, key), row in self.rows.items() if key in wanted} | found


class ForgottenAtRestart(Books):
    """Ids are kept in memory: a restart forgets them."""

    def restarted(self):
        self.rows.clear()


class TombstonesForgottenAtRestart(Books):
    """Tombstones are kept in memory: a restart forgets them."""

    def restarted(self):
        self.graves.clear()


# --- rollbacks


class RollbackOvertakesBet(Books):
    """A rollback that comes while its bet is being taken does not see it, nor the bet the tombstone."""

    async def act(self, player, ask, action):
        if action.kind == "bet":
            await asyncio.sleep(SLOW)
        return await super().act(player, ask, action)


class RollbackDeletes(Books):
    """A rollback deletes its bet: sent again, the bet is new."""

    def undo(self, player, target, amount):
        del self.rows[player.player_id, target.key]
        return super().undo(player, target, amount)


class NoTombstone(Books):
    """A rollback that comes before its bet leaves no trace: the late bet is taken."""

    def bury(self, player_id, key):
        pass


class NobodysTombstoneLost(Books):
    """The same, where the rollback does not say whose it is."""

    def bury(self, player_id, key):
        if player_id:
            super().bury(player_id, key)


class UnknownRollbackRefused(Books):
    """A rollback of what is not known is an error: the provider sends it for ever."""

    def bury(self, player_id, key):
        raise No("REFERENCE_NOT_FOUND", self.players.get(player_id))


class UnknownRollbackPays(Books):
    """A rollback of what is not known gives a unit back."""

    def bury(self, player_id, key):
        super().bury(player_id, key)
        if player_id:
            self.players[player_id].cash += 10**SCALE


class RollbackOfTheLast(Books):
    """A rollback gives back the round's last stake, not the one it names."""

    def undo(self, player, target, amount):
        stakes = [row for row in self.rows.values() if row.kind == "bet" and row.round_id == target.round_id]
        return super().undo(player, target, abs(stakes[-1].moved) if target.kind == "bet" and stakes else amount)


class RollbackIgnored(Books):
    """A rollback is answered well, and gives nothing back."""

    def undo(self, player, target, amount):
        target.dead = True
        return 0


class RollbackOfWinIgnored(Books):
    """The rollback of a win is answered well, and takes nothing back."""

    def undo(self, player, target, amount):
        return super().undo(player, target, amount) if target.kind == "bet" else 0


class RollbackOfWinPays(Books):
    """The rollback of a win pays it once more."""

    def undo(self, player, target, amount):
        moved = super().undo(player, target, amount)
        if target.kind == "win":
            player.cash += 2 * amount
        return moved


class WinAfterRollback(Books):
    """A bet that was rolled back can still win."""

    def owed(self, player, ask, action):
        try:
            super().owed(player, ask, action)
        except No as no:
            if no.code != "REFERENCE_ROLLED_BACK":
                raise


class WinWithoutBet(Books):
    """A win that names a bet nobody has seen is paid."""

    def owed(self, player, ask, action):
        try:
            super().owed(player, ask, action)
        except No as no:
            if no.code != "REFERENCE_NOT_FOUND":
                raise


# --- who may


class BlockedBets(Books):
    """A blocked player may stake."""

    def allowed(self, player):
        pass


class BlockedWinsNot(Books):
    """A blocked player's win is refused."""

    def owed(self, player, ask, action):
        super().owed(player, ask, action)
        self.allowed(player)


class ExpiredBets(Books):
    """A session that has ended may stake."""

    def live(self, ask):
        pass


class ExpiredWinsNot(Books):
    """A win is refused once the session of its bet has ended."""

    def owed(self, player, ask, action):
        super().owed(player, ask, action)
        mine = [session for session in self.sessions.values() if session.player_id == player.player_id]
        if not mine[-1].live:
            raise No("SESSION_EXPIRED")


class AnySession(Books):
    """A session is not looked up: any token will do."""

    def who(self, player_id, token, actions):
        return super().who(player_id, "", actions)

    def live(self, ask):
        pass


class AnybodysSession(Books):
    """Whose session it is is not looked at."""

    def who(self, player_id, token, actions):
        return super().who(player_id, "" if player_id and token in self.sessions else token, actions)


class StrangersWelcome(Books):
    """A player nobody knows has a wallet with nothing in it."""

    def who(self, player_id, token, actions):
        try:
            return super().who(player_id, token, actions)
        except No as no:
            if no.code != "PLAYER_UNKNOWN":
                raise
            return replace(next(iter(self.players.values())), player_id=player_id, cash=0)


class BalanceOfAnother(Books):
    """The balance that is shown is somebody else's."""

    async def balance(self, player_id, token, currency=""):
        player = await super().balance(player_id, token, currency)
        others = [each for each in self.players.values() if each.player_id != player.player_id]
        return replace(player, cash=others[0].cash)


class BetOfAnother(Books):
    """Everybody's stakes are taken from the first player."""

    async def take(self, player, amount):
        await super().take(next(iter(self.players.values())), amount)


class RefusalMovesMoney(Books):
    """A stake that is refused is taken all the same."""

    async def take(self, player, amount):
        short = player.cash < amount
        player.cash -= min(amount, player.cash)
        if short:
            raise No("INSUFFICIENT_FUNDS")


# --- rounds, several actions, batches


class ClosedRoundBets(Books):
    """A closed round takes further stakes."""

    def takes_stakes(self, round_):
        pass


class NothingCloses(Books):
    """Neither a win nor a call closes a round."""

    def close(self, player, round_id):
        pass


class WinClosesNothing(Books):
    """A win that is its round's last closes nothing."""

    async def play(self, ask):
        return await super().play(replace(ask, close=False))


class CallClosesNothing(Books):
    """The call that closes a round is answered well and closes nothing."""

    async def close_round(self, player, ask, action):
        return 0


class ClosedRoundWinsNot(Books):
    """A win that comes after its round was closed is refused."""

    def owed(self, player, ask, action):
        super().owed(player, ask, action)
        if self.round(player, ask.round_id).closed:
            raise No("ROUND_CLOSED")


class ClosedRoundKeepsStakes(Books):
    """A bet of a closed round cannot be rolled back."""

    def undo(self, player, target, amount):
        if self.round(player, target.round_id).closed:
            raise No("ROUND_CLOSED")
        return super().undo(player, target, amount)


class OneWinARound(Books):
    """Of a round's wins only the first is paid."""

    async def win(self, player, ask, action):
        before = [row for row in self.rows.values() if row.kind == "win" and row.round_id == ask.round_id]
        return 0 if ask.round_id and before else await super().win(player, ask, action)


class OneBetARound(Books):
    """Of a round's bets only the first is taken."""

    async def bet(self, player, ask, action):
        return 0 if self.round(player, ask.round_id).stakes else await super().bet(player, ask, action)


class HalfAPlay(Books):
    """Of several actions those before a refused one stand."""

    async def play(self, ask):
        replies = [await super(HalfAPlay, self).play(replace(ask, actions=(action,))) for action in ask.actions]
        return replace(replies[-1], rows=tuple(reply.rows[0] for reply in replies))


class BatchStops(Books):
    """A batch ends at its first item that is refused."""

    async def batch(self, asks):
        results = []
        for ask in asks:
            before = results[-1] if results else None
            results.append(before if isinstance(before, No) else (await super().batch([ask]))[0])
        return results


class BatchTwice(Books):
    """The same batch again is paid again."""

    async def batch(self, asks):
        for ask in asks:
            for action in ask.actions:
                self.rows.pop((ask.player_id, action.key), None)
        return await super().batch(asks)


class BatchOfOne(Books):
    """Of a batch only the first item is paid."""

    async def batch(self, asks):
        (first,) = await super().batch(asks[:1])
        return [first] * len(asks)


# --- doors


class AnySignature(Seamless):
    """The signature is not looked at."""

    def signed(self, text, signature):
        return True


class NoSignature(Seamless):
    """A request without a signature is taken for one of ours."""

    def signed(self, text, signature):
        return not signature or super().signed(text, signature)


class SignaturePrefix(Seamless):
    """Only the beginning of a signature is compared."""

    def signed(self, text, signature):
        return any(signature[:8] == self.signature(secret, text)[:8] for secret in self.secrets)


class NewestKeyOnly(Seamless):
    """While a key is rotated, only the newer one is accepted."""

    def signed(self, text, signature):
        return signature == self.signature(self.secrets[0], text)


class AnyTime(Seamless):
    """The time of a signature is not looked at: an old request can be sent again by anybody."""

    def timely(self, timestamp):
        return True


class HiddenBalance(Seamless):
    """A refusal does not show the balance that belongs to it."""

    def problem(self, no):
        return super().problem(No(no.code))


class AlwaysOk(Seamless):
    """Refusals are answered with HTTP 200."""

    async def handle(self, http):
        answer = await super().handle(http)
        return web.Response(body=answer.body, content_type="application/json")


class Crashes(Seamless):
    """A request that is no JSON ends in a traceback."""

    async def handle(self, http):
        answer = await super().handle(http)
        crashed = b'"INVALID_REQUEST"' in answer.body
        return web.Response(status=500, text="Traceback (most recent call last): …") if crashed else answer
