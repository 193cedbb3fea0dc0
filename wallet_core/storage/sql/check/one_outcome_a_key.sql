-- One outcome a key (law 6): the digest is that of its words, no key has two rows.
select player_id, provider_id, external_key, count(*) as outcomes
from transactions
group by player_id, provider_id, external_key
having count(*) > 1
