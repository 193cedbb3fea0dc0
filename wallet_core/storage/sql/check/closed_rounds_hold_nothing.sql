-- Only an open round has money in play.
select player_id, provider_id, round_id, state, in_play
from rounds
where state <> 1 and in_play <> 0
