-- Only an open round has money in play.
select player_id, provider_id, round_id, state, in_play, in_play_bonus
from rounds
where state <> 1 and (in_play <> 0 or in_play_bonus <> 0)
